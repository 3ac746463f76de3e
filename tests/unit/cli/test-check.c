/* SPDX-License-Identifier: MIT */

/*
 * test-check.c - what is found on made-up systems; all of it compared with tests/data/check
 */

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>

#include "agent-config.h"
#include "check.h"
#include "fake-sys.h"
#include "golden.h"
#include "history.h"
#include "output.h"
#include "test-support.h"

#define ALL_CAPABILITIES "Name:\tcat\nCapEff:\t000001ffffffffff\nSeccomp:\t0\n"

typedef struct {
    FakeSys *fake;
    FakeFs *root;
    FrostConfig *config;
    FrostPlan *plan;
    FrostCheck check;
    char *dir;
} Fixture;

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

static int
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

static int
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

/* The system is complete: what is checked is this one. */
static void
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

/* The only finding of this text, which has to be there; NULL: there is none. */
static const FrostFinding *
find(const Fixture *f, const char *part)
{
    for (guint i = 0; i < f->check.findings->len; i++) {
        const FrostFinding *finding = g_ptr_array_index(f->check.findings, i);

        if (strstr(finding->text, part))
            return finding;
    }
    return NULL;
}

static void
assert_found(const Fixture *f, FrostGrade grade, const char *part)
{
    const FrostFinding *finding = find(f, part);

    if (!finding) {
        g_autofree char *text = frost_findings_draw(f->check.findings, false);

        fail_msg("'%s' is not in\n%s", part, text);
    }
    assert_int_equal(finding->grade, grade);
}

static void
add_troubles(Fixture *f)
{
    FakeSys *fake = f->fake;

    fake_sys_add_fs(fake, "/boot/efi", "vfat");
    fake_sys_add_fs(fake, "/media/stick", "exfat");
    fake_sys_add_nodev_fs(fake, "/tank", "zfs", "tank");
    fake_sys_add_fs(fake, "/windows", "fuseblk");
    fake_sys_add_fs(fake, "/hidden", "xfs");
    fake_sys_add_nodev_fs(fake, "/hidden", "tmpfs", "tmpfs");
    fake_sys_set_file(fake, "/proc/self/status",
                      "Name:\tcat\nCapEff:\t0000000000200000\nSeccomp:\t2\n");
    fake_sys_set_file(fake, "/proc/self/attr/current", "qemu-ga (enforce)\n");
    fake_sys_set_file(fake, "/proc/sys/kernel/osrelease", "4.19.0-21-amd64\n");
    fake_sys_set_file(fake, "/proc/sys/kernel/hung_task_panic", "1\n");
    fake_sys_set_file(fake, "/proc/sys/kernel/hung_task_timeout_secs", "120\n");
    fake_sys_set_file(fake, "/sys/kernel/rcu_normal", "1\n");
    fake_sys_set_file(fake, "/sys/class/watchdog/watchdog0/state", "active\n");
    fake_sys_set_file(fake, "/sys/class/watchdog/watchdog0/timeout", "60\n");
    fake_sys_set_file(fake, "/proc/meminfo", "Dirty:   2048 kB\nWriteback: 0 kB\n");
    fake_sys_set_file(fake, "/proc/swaps",
                      "Filename\tType\tSize\tUsed\tPriority\n/swap\tfile\t1\t0\t-2\n"
                      "/dev/sda2   partition 1 0 -3\n");
}

static void
look_at_all(Fixture *f)
{
    make_plan(f);
    frost_check_port(&f->check);
    frost_check_rights(&f->check);
    frost_check_hooks(&f->check);
    frost_check_filesystems(&f->check);
    frost_check_places(&f->check);
    frost_check_kernel(&f->check);
    frost_check_sync(&f->check);
}

static void
a_system_with_many_troubles_is_told_as_before(void **state)
{
    Fixture *f = *state;

    add_troubles(f);
    g_free(f->config->statedir);
    f->config->statedir = g_strdup("/var/lib/state");
    g_free(f->config->logfile);
    f->config->logfile = g_strdup("/var/log/agent.log");
    look_at_all(f);

    g_autofree char *text = frost_findings_draw(f->check.findings, false);
    g_autoptr(QgaValue) value = frost_findings_to_value(f->check.findings);
    g_autofree char *json = frost_output_json(value);
    assert_golden("check/troubles.txt", text);
    assert_golden("check/troubles.json", json);
    assert_int_equal(frost_findings_worst(f->check.findings), FROST_GRADE_WARNING);
}

/* All that is a trouble elsewhere, but for a little. */
static void
add_what_does_no_harm(FakeSys *fake)
{
    fake_sys_add_fs(fake, "/boot/efi", "vfat");
    fake_sys_add_nodev_fs(fake, "/mnt/home", "fuse.sshfs", "me@host:");
    fake_sys_set_file(fake, "/proc/1/attr/current", "unconfined\n");
    fake_sys_set_file(fake, "/proc/sys/kernel/osrelease", "5.10.0\n");
    fake_sys_set_file(fake, "/proc/sys/kernel/hung_task_panic", "0\n");
    fake_sys_set_file(fake, "/proc/sys/kernel/hung_task_timeout_secs", "120\n");
    fake_sys_set_file(fake, "/sys/kernel/rcu_normal", "0\n");
    fake_sys_set_file(fake, "/sys/class/watchdog/watchdog0/state", "inactive\n");
    fake_sys_set_file(fake, "/proc/meminfo", "Dirty:   2048 kB\nWriteback: 0 kB\n");
    fake_sys_set_file(fake, "/proc/swaps", "Filename\tType\n/dev/sda2\tpartition\t1\t0\t-3\n");
}

static void
a_sound_system_has_no_warning_but_for_the_agent_that_is_not_there(void **state)
{
    Fixture *f = *state;
    const FrostRunning agent = {.pid = 1, .program = (char *)"frost-ga", .is_ours = true};

    f->check.agent = &agent;
    fake_sys_set_file(f->fake, "/proc/1/status", ALL_CAPABILITIES);
    add_what_does_no_harm(f->fake);
    look_at_all(f);
    g_autofree char *text = frost_findings_draw(f->check.findings, false);
    g_autoptr(QgaValue) value = frost_findings_to_value(f->check.findings);
    g_autofree char *json = frost_output_json(value);
    assert_golden("check/sound.txt", text);
    assert_golden("check/sound.json", json);
    assert_int_equal(frost_findings_worst(f->check.findings), FROST_GRADE_OK);

    f->check.agent = NULL;
    frost_check_port(&f->check);
    assert_found(f, FROST_GRADE_WARNING, "no frost-ga is running");
}

static void
who_cannot_see_agents_does_not_say_that_there_is_none(void **state)
{
    Fixture *f = *state;

    f->check.is_blind = true;
    frost_check_port(&f->check);
    assert_found(f, FROST_GRADE_WARNING, "whether one is running cannot be seen");
    assert_null(find(f, "no frost-ga is running"));
}

static void
colour_and_grades_go_together(void **state)
{
    Fixture *f = *state;

    frost_check_add(&f->check, FROST_GRADE_OK, "one", NULL, "fine");
    frost_check_add(&f->check, FROST_GRADE_PROBLEM, "two", "do this", "bad \033[2J");
    g_autofree char *plain = frost_findings_draw(f->check.findings, false);
    g_autofree char *coloured = frost_findings_draw(f->check.findings, true);
    g_autofree char *second = frost_findings_draw_from(f->check.findings, 1, false);

    assert_string_equal(plain, "ok      one         fine\n"
                               "problem two         bad \\x1b[2J\n"
                               "                    do this\n");
    assert_string_equal(second, strstr(plain, "problem"));
    assert_non_null(strstr(coloured, "\033[32mok"));
    assert_non_null(strstr(coloured, "\033[1;31mproblem"));
}

static void
no_admin_no_freeze(void **state)
{
    Fixture *f = *state;

    fake_sys_set_file(f->fake, "/proc/self/status", "Name:\tcat\nCapEff:\t00000000ffdfffff\n");
    frost_check_rights(&f->check);
    assert_found(f, FROST_GRADE_PROBLEM, "without CAP_SYS_ADMIN");
}

static void
selinux_is_a_problem_without_its_boolean(void **state)
{
    static const char boolean[] = "/sys/fs/selinux/booleans/virt_qemu_ga_read_nonsecurity_files";
    Fixture *f = *state;

    fake_sys_set_file(f->fake, "/sys/fs/selinux/enforce", "1");
    fake_sys_set_file(f->fake, "/proc/self/attr/current", "system_u:system_r:virt_qemu_ga_t:s0");
    fake_sys_set_file(f->fake, boolean, "0 0");
    frost_check_rights(&f->check);
    assert_found(f, FROST_GRADE_PROBLEM, "SELinux confines it");

    g_ptr_array_set_size(f->check.findings, 0);
    fake_sys_set_file(f->fake, boolean, "1 1");
    frost_check_rights(&f->check);
    assert_found(f, FROST_GRADE_OK, "SELinux confines it");

    g_ptr_array_set_size(f->check.findings, 0);
    fake_sys_set_file(f->fake, "/sys/fs/selinux/enforce", "0");
    frost_check_rights(&f->check);
    assert_null(find(f, "SELinux"));
}

static void
the_mounts_of_another_process_need_the_right_to_look_into_it(void **state)
{
    Fixture *f = *state;

    f->config->mounts_of = 4711;
    frost_check_rights(&f->check);
    assert_found(f, FROST_GRADE_OK, "the mounts are those that process 4711 sees");

    g_ptr_array_set_size(f->check.findings, 0);
    fake_sys_set_file(f->fake, "/proc/self/status", "Name:\tcat\nCapEff:\t0000000000200004\n");
    frost_check_rights(&f->check);
    assert_found(f, FROST_GRADE_PROBLEM, "without CAP_SYS_PTRACE");
}

/* The agent's own paths are of its namespace, the mount points of another one. */
static void
files_are_found_on_the_mounts_of_another_process_by_their_device(void **state)
{
    Fixture *f = *state;
    FakeFs *root = fake_sys_add_fs(f->fake, "/proc/4711/root/", "ext4");
    g_autofree char *line = g_strdup_printf("30 1 %u:%u / / rw - ext4 /dev/vdb rw\n",
                                            major(fake_fs_dev(root)), minor(fake_fs_dev(root)));

    fake_sys_set_file(f->fake, "/proc/4711/mountinfo", line);
    fake_sys_bind(f->fake, root, "/host-logs");
    fake_sys_get(f->fake)->mounts_of = f->config->mounts_of = 4711;
    f->config->logfile = g_strdup("/host-logs");
    g_free(f->config->statedir);
    f->config->statedir = g_strdup("/");
    make_plan(f);
    frost_check_places(&f->check);
    assert_found(f, FROST_GRADE_OK, "the log /host-logs is on /, which would be frozen");
    assert_null(find(f, "the state directory"));
}

static void
a_persistent_journal_wants_its_hook(void **state)
{
    Fixture *f = *state;
    g_autofree char *hook = g_build_filename(f->dir, "20-journald", NULL);

    fake_sys_add_entry(f->fake, f->root, "/var/log/journal", S_IFDIR | 0755);
    make_plan(f);
    frost_check_places(&f->check);
    assert_found(f, FROST_GRADE_WARNING, "it is on /, which would be frozen: journald waits");

    g_ptr_array_set_size(f->check.findings, 0);
    assert_true(g_file_set_contents(hook, "#!/bin/sh\n", -1, NULL));
    assert_int_equal(chmod(hook, 0755), 0);
    f->config->fsfreeze_hook = g_strdup(f->dir);
    f->config->hook_trust = false;
    frost_check_places(&f->check);
    assert_found(f, FROST_GRADE_OK, "and a hook keeps it in memory");
}

static void
a_journal_in_memory_is_not_mentioned(void **state)
{
    Fixture *f = *state;

    make_plan(f);
    frost_check_places(&f->check);
    assert_null(find(f, "journal"));
}

static void
the_pid_file_of_a_daemon_on_what_is_frozen_is_a_warning(void **state)
{
    Fixture *f = *state;

    g_free(f->config->pidfile);
    f->config->pidfile = g_strdup("/var/lib/agent.pid");
    make_plan(f);
    frost_check_places(&f->check);
    assert_null(find(f, "pid file"));
    f->config->daemon = true;
    frost_check_places(&f->check);
    assert_found(f, FROST_GRADE_WARNING, "the pid file /var/lib/agent.pid is on /");
}

static void
a_loop_whose_file_cannot_be_seen_is_a_warning(void **state)
{
    Fixture *f = *state;
    FakeFs *dark = fake_sys_add_loop_fs(f->fake, "/dark", "ext4", f->root);

    fake_sys_set_loop_backing(f->fake, fake_fs_device(dark), makedev(0, 99), NULL);
    make_plan(f);
    frost_check_filesystems(&f->check);
    assert_found(f, FROST_GRADE_WARNING, "/dark stands on what cannot be seen");
}

static void
the_first_sync_is_expected_to_take_as_long_as_the_last_time(void **state)
{
    Fixture *f = *state;
    g_autoptr(FrostRecord) record = frost_record_new();

    record->planned_us = 1000;
    record->synced_us = 1501000;
    assert_true(frost_history_add(f->dir, record, NULL));
    fake_sys_set_file(f->fake, "/proc/meminfo", "Dirty:   2048 kB\nWriteback: 0 kB\n");
    frost_check_sync(&f->check);
    assert_found(f, FROST_GRADE_OK, "2.0 MiB are to be written out before a freeze");
    assert_found(f, FROST_GRADE_OK, "the last time it took 1500.0 ms");
}

static void
an_empty_plan_is_a_problem(void **state)
{
    static char *exclude[] = {(char *)"/", NULL};
    Fixture *f = *state;

    f->config->exclude = g_strdupv(exclude);
    make_plan(f);
    frost_check_filesystems(&f->check);
    assert_found(f, FROST_GRADE_PROBLEM, "nothing to freeze");
    assert_found(f, FROST_GRADE_OK, "excluded by");
}

static void
a_required_hook_that_is_refused_is_a_problem(void **state)
{
    Fixture *f = *state;

    f->config->fsfreeze_hook = g_build_filename(f->dir, "hook", NULL);
    assert_true(g_file_set_contents(f->config->fsfreeze_hook, "#!/bin/sh\n", -1, NULL));
    assert_int_equal(chmod(f->config->fsfreeze_hook, 0777), 0);
    frost_check_hooks(&f->check);
    assert_found(f, FROST_GRADE_PROBLEM, "is refused");
}

static void
a_hook_that_is_not_there_makes_every_freeze_fail(void **state)
{
    Fixture *f = *state;

    f->config->hook_trust = false;
    f->config->fsfreeze_hook = g_build_filename(f->dir, "hook", NULL);
    frost_check_hooks(&f->check);
    assert_found(f, FROST_GRADE_PROBLEM, "is refused: No such file or directory");

    g_ptr_array_set_size(f->check.findings, 0);
    assert_true(g_file_set_contents(f->config->fsfreeze_hook, "#!/bin/sh\n", -1, NULL));
    assert_int_equal(chmod(f->config->fsfreeze_hook, 0600), 0);
    frost_check_hooks(&f->check);
    assert_found(f, FROST_GRADE_PROBLEM, "is refused: it is not executable");
    assert_found(f, FROST_GRADE_WARNING, "0 of");

    g_ptr_array_set_size(f->check.findings, 0);
    assert_int_equal(chmod(f->config->fsfreeze_hook, 0700), 0);
    frost_check_hooks(&f->check);
    assert_found(f, FROST_GRADE_OK, "1 of");
    assert_null(find(f, "is refused"));
}

static void
a_hook_of_the_folder_that_is_not_executable_is_named(void **state)
{
    Fixture *f = *state;
    g_autofree char *on = g_build_filename(f->dir, "10-on", NULL);
    g_autofree char *off = g_build_filename(f->dir, "20-off.sample", NULL);
    g_autofree char *forgotten = g_build_filename(f->dir, "30-forgotten", NULL);

    assert_true(g_file_set_contents(on, "#!/bin/sh\n", -1, NULL));
    assert_true(g_file_set_contents(off, "#!/bin/sh\n", -1, NULL));
    assert_true(g_file_set_contents(forgotten, "#!/bin/sh\n", -1, NULL));
    assert_int_equal(chmod(on, 0755), 0);
    f->config->hook_trust = false;
    f->config->fsfreeze_hook = g_strdup(f->dir);
    frost_check_hooks(&f->check);
    assert_found(f, FROST_GRADE_WARNING, "30-forgotten is ignored: it is not executable");
    assert_found(f, FROST_GRADE_OK, "1 of");
    assert_null(find(f, "20-off"));
    assert_null(find(f, "10-on"));
}

static void
selinux_confines_a_hook_without_its_label(void **state)
{
    static const char free_label[] = "system_u:object_r:virt_qemu_ga_unconfined_exec_t:s0";
    Fixture *f = *state;
    g_autofree char *hook = g_build_filename(f->dir, "10-db", NULL);

    assert_true(g_file_set_contents(hook, "#!/bin/sh\n", -1, NULL));
    assert_int_equal(chmod(hook, 0755), 0);
    f->config->hook_trust = false;
    f->config->fsfreeze_hook = g_strdup(f->dir);
    fake_sys_set_file(f->fake, "/sys/fs/selinux/enforce", "1");
    fake_sys_set_file(f->fake, "/proc/self/attr/current", "system_u:system_r:virt_qemu_ga_t:s0");
    frost_check_hooks(&f->check);
    assert_found(f, FROST_GRADE_WARNING, "10-db within what the agent may do");

    g_ptr_array_set_size(f->check.findings, 0);
    bool is_labelled = setxattr(hook, "security.selinux", free_label, sizeof free_label, 0) == 0;
    frost_check_hooks(&f->check); /* only root can give it one, and not on every filesystem */
    assert_int_equal(find(f, "within what") == NULL, is_labelled);

    g_ptr_array_set_size(f->check.findings, 0);
    fake_sys_set_file(f->fake, "/proc/self/attr/current", "unconfined_u:unconfined_r:unconfined_t");
    removexattr(hook, "security.selinux");
    frost_check_hooks(&f->check);
    assert_null(find(f, "within what"));
}

static void
a_socket_is_looked_for_in_the_kernels_list(void **state)
{
    static const char head[] = "Num       RefCount Protocol Flags    Type St Inode Path\n";
    Fixture *f = *state;
    g_autofree char *there =
        g_strconcat(head, "00: 00000002 00000000 00010000 0001 01 1 /run/ga.sock\n", NULL);
    g_autofree char *client =
        g_strconcat(head, "00: 00000002 00000000 00000000 0001 03 1 /run/ga.sock\n", NULL);

    g_free(f->config->method);
    g_free(f->config->path);
    f->config->method = g_strdup("unix-listen");
    f->config->path = g_strdup("/run/ga.sock");
    fake_sys_set_file(f->fake, "/proc/net/unix", there);
    frost_check_port(&f->check);
    assert_found(f, FROST_GRADE_OK, "/run/ga.sock is listened on");

    fake_sys_set_file(f->fake, "/proc/net/unix", client);
    frost_check_port(&f->check);
    assert_found(f, FROST_GRADE_PROBLEM, "nobody listens on /run/ga.sock");
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(a_system_with_many_troubles_is_told_as_before),
        CASE(a_sound_system_has_no_warning_but_for_the_agent_that_is_not_there),
        CASE(who_cannot_see_agents_does_not_say_that_there_is_none),
        CASE(colour_and_grades_go_together),
        CASE(no_admin_no_freeze),
        CASE(selinux_is_a_problem_without_its_boolean),
        CASE(the_mounts_of_another_process_need_the_right_to_look_into_it),
        CASE(files_are_found_on_the_mounts_of_another_process_by_their_device),
        CASE(a_persistent_journal_wants_its_hook),
        CASE(a_journal_in_memory_is_not_mentioned),
        CASE(the_pid_file_of_a_daemon_on_what_is_frozen_is_a_warning),
        CASE(a_loop_whose_file_cannot_be_seen_is_a_warning),
        CASE(the_first_sync_is_expected_to_take_as_long_as_the_last_time),
        CASE(an_empty_plan_is_a_problem),
        CASE(a_required_hook_that_is_refused_is_a_problem),
        CASE(a_hook_that_is_not_there_makes_every_freeze_fail),
        CASE(a_hook_of_the_folder_that_is_not_executable_is_named),
        CASE(selinux_confines_a_hook_without_its_label),
        CASE(a_socket_is_looked_for_in_the_kernels_list),
    };

    return cmocka_run_group_tests_name("check", tests, NULL, NULL);
}
