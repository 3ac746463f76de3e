/* SPDX-License-Identifier: MIT */
#include "check-fixture.h"

#include <errno.h>
#include <string.h>

#include "agent-config.h"
#include "output.h"

/* Links are not what these tests are about. */
static int
resolve_to_itself(FrostSys *sys, const char *path, char **out_path)
{
    *out_path = g_strdup(path);
    return 0;
}

static int
list_watchdogs(FrostSys *sys, const char *path, char ***out_names)
{
    static const char *const names[] = {"watchdog0", NULL};

    if (!g_str_equal(path, "/sys/class/watchdog"))
        return -ENOENT;
    *out_names = g_strdupv((char **)names);
    return 0;
}

int
set_up(void **state)
{
    Fixture *f = g_new0(Fixture, 1);
    g_autofree char *dir = test_make_dir();
    g_autofree char *statedir = g_strconcat("--statedir=", dir, NULL);
    const char *const options[] = {"-m", "vsock-listen", "-p", "3:1024", statedir, NULL};

    f->fake = fake_sys_new();
    f->dir = g_steal_pointer(&dir);
    f->config = frost_cli_config_of(options, NULL);
    f->check = (FrostCheck){
        .sys = fake_sys_get(f->fake), .config = f->config, .findings = frost_findings_new()};
    f->root = fake_sys_add_fs(f->fake, "/", "ext4");
    fake_sys_add_nodev_fs(f->fake, "/tmp", "tmpfs", "tmpfs");
    fake_sys_set_file(f->fake, "/proc/self/status", ALL_CAPABILITIES);
    *state = f;
    return 0;
}

int
tear_down(void **state)
{
    Fixture *f = *state;

    g_clear_pointer(&f->plan, frost_plan_free);
    g_ptr_array_unref(f->check.findings);
    frost_config_free(f->config);
    fake_sys_free(f->fake);
    test_remove_dir(f->dir);
    g_free(f);
    return 0;
}

void
make_plan(Fixture *f)
{
    const FrostPlanFilter filter = {.exclude = (const char *const *)f->config->exclude};
    g_autoptr(GError) error = NULL;

    FrostNotes *notes = frost_notes_begin();
    f->check.plan = f->plan = frost_plan_new(f->check.sys, &filter, &error);
    g_ptr_array_unref(frost_notes_end(notes));
    assert_no_error(error);
    f->check.sys->resolve = resolve_to_itself;
    f->check.sys->list_dir = list_watchdogs;
}

const FrostFinding *
find(const Fixture *f, const char *part)
{
    for (guint i = 0; i < f->check.findings->len; i++) {
        const FrostFinding *finding = g_ptr_array_index(f->check.findings, i);

        if (strstr(finding->text, part))
            return finding;
    }
    return NULL;
}

void
assert_found(const Fixture *f, FrostGrade grade, const char *part)
{
    const FrostFinding *finding = find(f, part);

    if (!finding) {
        g_autofree char *text = frost_findings_draw(f->check.findings, false);

        fail_msg("'%s' is not in\n%s", part, text);
    }
    assert_int_equal(finding->grade, grade);
}
