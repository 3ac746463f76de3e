/* SPDX-License-Identifier: MIT */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "history-text.h"
#include "history.h"
#include "record-json.h"
#include "sample.h"
#include "test-support.h"

static int
set_up(void **state)
{
    *state = test_make_dir();
    return 0;
}

static int
tear_down(void **state)
{
    test_remove_dir(*state);
    return 0;
}

static void
must_add(const char *dir, const FrostRecord *record)
{
    g_autoptr(GError) error = NULL;
    bool added = frost_history_add(dir, record, &error);

    assert_no_error(error);
    assert_true(added);
}

static GPtrArray *
must_load(const char *dir)
{
    g_autoptr(GError) error = NULL;
    GPtrArray *records = frost_history_load(dir, &error);

    assert_no_error(error);
    assert_non_null(records);
    return records;
}

/* The documented form, word for word: whoever changes it has to change its version. */
static void
a_record_is_written_as_documented(void **state)
{
    g_autoptr(FrostRecord) record = sample_record();
    g_autofree char *text = frost_record_print(record);

    assert_string_equal(
        text,
        "{\"id\": \"backup-7\", \"began\": \"2026-11-22T10:11:12.000001Z\", \"began_us\": "
        "1795342272000001, "
        "\"utc_ns\": {\"asked\": 1795342272000001000, "
        "\"freeze_begun\": 1795342272005002000, \"frozen\": 1795342272005951000, "
        "\"thaw_begun\": 1795342272009000000, \"thawed\": 1795342272009501000}, "
        "\"clock\": {\"source\": \"kvm-clock\", \"synchronized\": true, "
        "\"max_error_us\": 250, \"shift_us\": -3}, "
        "\"planned_us\": 100, \"synced_us\": 1900, \"hooks_up_us\": 4100, "
        "\"resynced_us\": 5000, \"freeze_begun_us\": 5001, \"frozen_us\": 5950, "
        "\"thaw_begun_us\": 8999, \"thawed_us\": 9500, \"hooks_down_us\": 9950, "
        "\"ended_us\": 10000, \"window_us\": 4499, \"count\": 1, \"end\": \"deadline\", "
        "\"error\": \"fsfreeze is limited to 10 seconds\", \"degraded\": null, "
        "\"write_out\": {\"dirty_bytes\": 300000000, \"expected_us\": 1500, "
        "\"paced_us\": 1700, \"rounds\": 2, \"end\": \"outrun\"}, \"mounts_of\": 4711, "
        "\"mounts_changed\": true, \"repeated_us\": 5500, \"repeated_for\": \"/mnt\", "
        "\"filesystems\": ["
        "{\"mount_point\": \"/srv/\\\"data\\\" \\u00E4\", \"type\": \"xfs\", "
        "\"source\": \"/dev/vdb1\", \"device\": \"254:17\", \"serials\": [\"disk1\", \"disk2\"], "
        "\"level\": 1, "
        "\"outcome\": \"frozen\", \"left_out_as\": null, "
        "\"reason\": null, \"sync_us\": 1500, "
        "\"freeze_begun_us\": 5001, \"frozen_us\": 5901, \"thaw_begun_us\": 9000, "
        "\"thawed_us\": 9250, \"freeze_us\": 900, \"thaw_us\": 250}, "
        "{\"mount_point\": \"/mnt\", \"type\": null, \"source\": null, \"device\": \"0:0\", "
        "\"serials\": [], "
        "\"level\": 0, \"outcome\": \"unreachable\", \"left_out_as\": \"unreachable\", "
        "\"reason\": \"covered by another mount\", "
        "\"sync_us\": null, \"freeze_begun_us\": null, \"frozen_us\": null, "
        "\"thaw_begun_us\": null, \"thawed_us\": null, \"freeze_us\": null, "
        "\"thaw_us\": null}], \"filesystems_omitted\": 0, "
        "\"hooks\": [{\"name\": \"/etc/qemu/fsfreeze-hook\", \"phase\": \"freeze\", "
        "\"result\": \"exit 0\", \"failed\": false, \"required\": false, \"begun_us\": 2000, "
        "\"ended_us\": 4000}, "
        "{\"name\": \"/etc/qemu/fsfreeze-hook\", \"phase\": \"thaw\", \"result\": \"signal 9\", "
        "\"failed\": true, \"required\": true, \"begun_us\": 9600, \"ended_us\": 9900}], "
        "\"hooks_omitted\": 0}");
}

static void
a_record_comes_back_as_it_was(void **state)
{
    g_autoptr(FrostRecord) record = sample_record();

    must_add(*state, record);
    g_autoptr(GPtrArray) loaded = must_load(*state);

    assert_int_equal(loaded->len, 1);
    g_autofree char *before = frost_record_print(record);
    g_autofree char *after = frost_record_print(loaded->pdata[0]);
    assert_string_equal(after, before);
    const FrostRecord *again = loaded->pdata[0];
    assert_true(((FrostRecordFs *)again->filesystems->pdata[0])->device ==
                ((FrostRecordFs *)record->filesystems->pdata[0])->device);
}

static void
every_outcome_and_every_end_has_a_name_and_comes_back(void **state)
{
    for (int end = 0; end < FROST_END_NONE; end++) {
        g_autoptr(FrostRecord) record = sample_began(1);

        record->end = end;
        for (int outcome = 0; outcome <= FROST_OUTCOME_STUCK; outcome++)
            frost_record_add_fs(record)->outcome = outcome;

        g_autoptr(QgaValue) value = frost_record_to_value(record);
        g_autoptr(FrostRecord) again = frost_record_from_value(value);

        assert_non_null(again);
        assert_int_equal(again->end, end);
        assert_int_equal(again->filesystems->len, FROST_OUTCOME_STUCK + 1);
        for (int outcome = 0; outcome <= FROST_OUTCOME_STUCK; outcome++) {
            const FrostRecordFs *fs = again->filesystems->pdata[outcome];

            assert_int_equal(fs->outcome, outcome);
            assert_non_null(frost_outcome_name(fs->outcome));
        }
        assert_non_null(frost_end_name(again->end));
    }
}

static void
no_file_is_no_history(void **state)
{
    g_autoptr(GPtrArray) records = must_load(*state);

    assert_int_equal(records->len, 0);
}

static void
the_last_ten_are_kept_newest_first(void **state)
{
    for (int i = 1; i <= 13; i++) {
        g_autoptr(FrostRecord) record = sample_began(i);

        must_add(*state, record);
    }

    g_autoptr(GPtrArray) records = must_load(*state);
    assert_int_equal(records->len, FROST_HISTORY_LENGTH);
    for (int i = 0; i < 10; i++)
        assert_int_equal(((FrostRecord *)records->pdata[i])->began_real_us, 13 - i);
}

static char *
must_read_file(const char *dir)
{
    g_autofree char *path = g_build_filename(dir, FROST_HISTORY_NAME, NULL);
    char *text = NULL;

    assert_true(g_file_get_contents(path, &text, NULL, NULL));
    return text;
}

static void
each_freeze_has_a_line_of_its_own(void **state)
{
    for (int i = 1; i <= 3; i++) {
        g_autoptr(FrostRecord) record = sample_began(i);

        must_add(*state, record);
    }

    g_autofree char *text = must_read_file(*state);
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    assert_int_equal(g_strv_length(lines), 6);
    assert_true(g_str_has_suffix(lines[0], "\"freezes\": ["));
    for (int i = 1; i <= 3; i++) {
        g_autoptr(FrostRecord) record = sample_began(4 - i);
        g_autofree char *printed = frost_record_print(record);
        g_autofree char *line = g_strconcat(printed, i < 3 ? "," : "", NULL);

        assert_string_equal(lines[i], line);
    }
    assert_string_equal(lines[4], "]}");
    assert_string_equal(lines[5], "");
}

/* As earlier versions have written it. */
static void
a_history_on_one_line_is_continued(void **state)
{
    g_autofree char *path = g_build_filename(*state, FROST_HISTORY_NAME, NULL);
    g_autoptr(FrostRecord) old = sample_began(1);
    g_autoptr(FrostRecord) newer = sample_began(2);
    g_autofree char *printed = frost_record_print(old);
    g_autofree char *file =
        g_strdup_printf("{\"format\": \"frost-ga history\", \"version\": 1, \"freezes\": [%s], "
                        "\"totals\": {\"ends\": {\"host\": 7}}}\n",
                        printed);

    assert_true(g_file_set_contents(path, file, -1, NULL));
    newer->end = FROST_END_HOST;
    must_add(*state, newer);

    g_autoptr(FrostTotals) totals = NULL;
    g_autoptr(GPtrArray) records = frost_history_load_all(*state, &totals, NULL);
    assert_non_null(records);
    assert_int_equal(records->len, 2);
    assert_int_equal(((FrostRecord *)records->pdata[0])->began_real_us, 2);
    assert_int_equal(((FrostRecord *)records->pdata[1])->began_real_us, 1);
    assert_int_equal(totals->ends[FROST_END_HOST], 8);
}

static void
what_was_counted_grows_with_each_freeze(void **state)
{
    g_autoptr(FrostTotals) totals = NULL;

    for (int i = 1; i <= 12; i++) {
        g_autoptr(FrostRecord) record = sample_began(i);

        record->end = FROST_END_HOST;
        must_add(*state, record);
    }
    g_autoptr(GPtrArray) records = frost_history_load_all(*state, &totals, NULL);
    assert_non_null(records);
    assert_int_equal(totals->ends[FROST_END_HOST], 12);
}

static void
the_file_is_of_root_only_and_nothing_lies_beside_it(void **state)
{
    g_autofree char *path = g_build_filename(*state, FROST_HISTORY_NAME, NULL);
    g_autofree char *left = g_strconcat(path, ".frost-new", NULL);
    g_autoptr(FrostRecord) record = sample_record();
    struct stat st;

    /* of a writer who was killed; one could wait behind it for another's file */
    assert_int_equal(symlink("elsewhere", left), 0);
    mode_t mask = umask(0);
    must_add(*state, record);
    umask(mask);

    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0600);
    assert_int_equal(lstat(left, &st), -1);
    g_autofree char *elsewhere = g_build_filename(*state, "elsewhere", NULL);
    assert_int_equal(lstat(elsewhere, &st), -1);
}

static void
a_link_in_its_place_is_replaced_not_followed(void **state)
{
    g_autofree char *path = g_build_filename(*state, FROST_HISTORY_NAME, NULL);
    g_autofree char *victim = g_build_filename(*state, "victim", NULL);
    g_autoptr(FrostRecord) record = sample_record();
    g_autoptr(GError) error = NULL;
    g_autofree char *text = NULL;

    assert_true(g_file_set_contents(victim, "precious", -1, NULL));
    assert_int_equal(symlink("victim", path), 0);

    assert_null(frost_history_load(*state, &error));
    assert_error(error, FROST_HISTORY_ERROR, FROST_HISTORY_ERROR_IO, FROST_HISTORY_NAME);
    must_add(*state, record);

    assert_true(g_file_get_contents(victim, &text, NULL, NULL));
    assert_string_equal(text, "precious");
    g_autoptr(GPtrArray) records = must_load(*state);
    assert_int_equal(records->len, 1);
}

static void
a_folder_that_is_missing_is_an_error_of_its_own(void **state)
{
    g_autofree char *missing = g_build_filename(*state, "missing", NULL);
    g_autoptr(FrostRecord) record = sample_record();
    g_autoptr(GError) error = NULL;

    assert_false(frost_history_add(missing, record, &error));
    assert_error(error, FROST_HISTORY_ERROR, FROST_HISTORY_ERROR_IO, "No such file");
}

static void
a_file_that_cannot_be_replaced_stays_and_nothing_else_is_left(void **state)
{
    g_autofree char *path = g_build_filename(*state, FROST_HISTORY_NAME, NULL);
    g_autofree char *left = g_strconcat(path, ".frost-new", NULL);
    g_autoptr(FrostRecord) record = sample_record();
    g_autoptr(GError) error = NULL;
    struct stat st;

    assert_int_equal(mkdir(path, 0700), 0); /* no file can be renamed over it */

    assert_false(frost_history_add(*state, record, &error));
    assert_error(error, FROST_HISTORY_ERROR, FROST_HISTORY_ERROR_IO, "cannot write");
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(lstat(left, &st), -1);
    assert_int_equal(rmdir(path), 0);
}

#define LARGE 300

/* Twice as much as a list has room for, in names that grow when they are written. */
static FrostRecord *
large_record(int64_t real_us)
{
    FrostRecord *record = sample_began(real_us);
    char name[4096 + 100];

    memset(name, '\377', sizeof name);
    name[sizeof name - 1] = '\0';
    for (int i = 0; i < LARGE; i++)
        frost_record_add_fs(record)->mount_point = g_strdup(name);
    for (int i = 0; i < LARGE; i++)
        frost_record_add_hook(record)->name = g_strdup(name);
    return record;
}

static void
items_without_room_are_left_out_and_counted(void **state)
{
    g_autofree char *path = g_build_filename(*state, FROST_HISTORY_NAME, NULL);
    struct stat st;

    for (int i = 1; i <= 3; i++) {
        g_autoptr(FrostRecord) record = large_record(i);

        must_add(*state, record);
    }

    assert_int_equal(stat(path, &st), 0);
    assert_true(st.st_size <= FROST_HISTORY_MAX_BYTES);
    g_autoptr(GPtrArray) records = must_load(*state);
    assert_true(records->len >= 1 && records->len < 3);
    const FrostRecord *newest = records->pdata[0];
    assert_int_equal(newest->began_real_us, 3);
    assert_true(newest->filesystems->len > 0 && newest->hooks->len > 0);
    assert_int_equal(newest->filesystems->len + newest->filesystems_omitted, LARGE);
    assert_int_equal(newest->hooks->len + newest->hooks_omitted, LARGE);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_record_is_written_as_documented),
        cmocka_unit_test_setup_teardown(a_record_comes_back_as_it_was, set_up, tear_down),
        cmocka_unit_test(every_outcome_and_every_end_has_a_name_and_comes_back),
        cmocka_unit_test_setup_teardown(no_file_is_no_history, set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_last_ten_are_kept_newest_first, set_up, tear_down),
        cmocka_unit_test_setup_teardown(each_freeze_has_a_line_of_its_own, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_history_on_one_line_is_continued, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_was_counted_grows_with_each_freeze, set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_file_is_of_root_only_and_nothing_lies_beside_it, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_link_in_its_place_is_replaced_not_followed, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_folder_that_is_missing_is_an_error_of_its_own, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(
            a_file_that_cannot_be_replaced_stays_and_nothing_else_is_left, set_up, tear_down),
        cmocka_unit_test_setup_teardown(items_without_room_are_left_out_and_counted, set_up,
                                        tear_down),
    };

    return cmocka_run_group_tests_name("history", tests, NULL, NULL);
}
