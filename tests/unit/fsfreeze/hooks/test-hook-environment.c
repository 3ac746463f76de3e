/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "hook-environment.h"
#include "hook-log.h"
#include "test-support.h"

static FrostLedgerData *
make_ledger(void)
{
    FrostLedgerData *data = g_new0(FrostLedgerData, 1);

    g_strlcpy(data->id, "backup-7", sizeof data->id);
    data->hook_timeout_s = 60;
    return data;
}

static void
add_mount(FrostLedgerData *data, const char *path)
{
    uint32_t count = atomic_load(&data->count);

    g_strlcpy(data->filesystems[count].mount_point, path,
              sizeof data->filesystems[count].mount_point);
    atomic_store(&data->count, count + 1);
}

static void
a_hook_is_told_phase_name_time_and_mounts(void **state)
{
    g_autofree FrostLedgerData *data = make_ledger();

    add_mount(data, "/");
    add_mount(data, "/srv/a\nb\\c d");
    add_mount(data, "/boot/efi");
    data->filesystems[2].sync_only = 1;
    for (unsigned thawing = 0; thawing < 2; thawing++) {
        g_auto(GStrv) environment = frost_hook_environment(data, thawing);

        assert_string_equal(g_environ_getenv(environment, "FROST_GA_PHASE"),
                            thawing ? "thaw" : "freeze");
        assert_string_equal(g_environ_getenv(environment, "FROST_GA_ID"), "backup-7");
        assert_string_equal(g_environ_getenv(environment, "FROST_GA_TIME_LEFT"), "60");
        assert_string_equal(g_environ_getenv(environment, "FROST_GA_MOUNTS"),
                            "/\n/srv/a\\012b\\134c d");
    }
}

static void
a_mount_point_that_the_ledger_has_cut_is_left_out(void **state)
{
    g_autofree FrostLedgerData *data = make_ledger();

    add_mount(data, "/a");
    add_mount(data, "/cut");
    add_mount(data, "/b");
    data->filesystems[1].is_cut = 1;
    g_auto(GStrv) environment = frost_hook_environment(data, FROST_HOOK_FREEZE);

    assert_string_equal(g_environ_getenv(environment, "FROST_GA_MOUNTS"), "/a\n/b");
}

static void
the_list_of_mounts_is_bounded(void **state)
{
    g_autofree FrostLedgerData *data = make_ledger();
    char path[200];

    memset(path, '\\', sizeof path - 1);
    path[sizeof path - 1] = '\0';
    for (unsigned i = 0; i < FROST_LEDGER_FILESYSTEMS; i++)
        add_mount(data, path);
    g_auto(GStrv) environment = frost_hook_environment(data, false);
    size_t length = strlen(g_environ_getenv(environment, "FROST_GA_MOUNTS"));

    assert_true(length <= FROST_HOOK_MOUNTS_MAX && length > FROST_HOOK_MOUNTS_MAX - 1000);
}

static void
the_log_is_appended_to_a_file_and_then_forgotten(void **state)
{
    g_autofree char *dir = test_make_dir();
    g_autofree char *path = g_build_filename(dir, "log", NULL);
    g_autofree char *text = NULL;
    FrostHookLog *log = frost_hook_log_new();

    frost_hook_log_add(log, "10-a freeze", "ok", "one\ntwo");
    frost_hook_log_add(log, "10-a thaw", "ok", "");
    frost_hook_log_write(log, path);
    frost_hook_log_write(log, path);
    frost_hook_log_add(log, "20-b freeze", "exit 3", "three\n");
    frost_hook_log_write(log, path);
    frost_hook_log_free(log);

    assert_true(g_file_get_contents(path, &text, NULL, NULL));
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    assert_int_equal(g_strv_length(lines), 7);
    assert_true(g_str_has_suffix(lines[0], " 10-a freeze: ok"));
    assert_string_equal(lines[2], "two");
    assert_true(g_str_has_suffix(lines[3], " 10-a thaw: ok"));
    assert_true(g_str_has_suffix(lines[4], " 20-b freeze: exit 3"));
    assert_string_equal(lines[5], "three");
    test_remove_dir(g_steal_pointer(&dir));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_hook_is_told_phase_name_time_and_mounts),
        cmocka_unit_test(a_mount_point_that_the_ledger_has_cut_is_left_out),
        cmocka_unit_test(the_list_of_mounts_is_bounded),
        cmocka_unit_test(the_log_is_appended_to_a_file_and_then_forgotten),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
