/* SPDX-License-Identifier: MIT */
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "history-text.h"
#include "history.h"
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

static char *
whole_text(void)
{
    g_autoptr(FrostRecord) record = sample_record();
    g_autoptr(GPtrArray) records = g_ptr_array_new();
    GString *text = g_string_new(NULL);

    g_ptr_array_add(records, record);
    g_autoptr(QgaValue) value = frost_history_to_value(records);
    qga_value_print(value, text);
    return g_string_free(text, FALSE);
}

static void
a_history_cut_off_anywhere_is_refused(void **state)
{
    g_autofree char *text = whole_text();
    size_t length = strlen(text);

    g_autoptr(FrostTotals) totals = NULL;

    for (size_t cut = 0; cut < length; cut++) {
        g_autoptr(GError) error = NULL;

        assert_null(frost_history_parse(text, cut, &totals, &error));
        assert_error(error, FROST_HISTORY_ERROR, FROST_HISTORY_ERROR_INVALID, "damaged or cut off");
    }
    g_autoptr(GPtrArray) records = frost_history_parse(text, length, &totals, NULL);
    assert_non_null(records);
}

static void
whatever_is_no_history_is_refused_with_a_reason(void **state)
{
    static const struct {
        const char *text;
        FrostHistoryError code;
        const char *part;
    } rows[] = {
        {"hello", FROST_HISTORY_ERROR_INVALID, "damaged"},
        {"\177ELF\2\1\1", FROST_HISTORY_ERROR_INVALID, "damaged"},
        {"[]", FROST_HISTORY_ERROR_INVALID, "damaged"},
        {"{}{}", FROST_HISTORY_ERROR_INVALID, "damaged"},
        {"{}", FROST_HISTORY_ERROR_INVALID, "not a history"},
        {"{\"format\": 1, \"version\": 1}", FROST_HISTORY_ERROR_INVALID, "not a history"},
        {"{\"format\": \"frost-ga history\", \"version\": \"1\"}", FROST_HISTORY_ERROR_INVALID,
         "not a history"},
        {"{\"format\": \"frost-ga history\", \"version\": 99999999999999999999}",
         FROST_HISTORY_ERROR_INVALID, "not a history"},
        {"{\"format\": \"frost-ga history\", \"version\": 2, \"freezes\": []}",
         FROST_HISTORY_ERROR_VERSION, "another version"},
        {"{\"format\": \"frost-ga history\", \"version\": 1}", FROST_HISTORY_ERROR_INVALID,
         "no freezes"},
        {"{\"format\": \"frost-ga history\", \"version\": 1, \"freezes\": {}}",
         FROST_HISTORY_ERROR_INVALID, "no freezes"},
    };

    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(FrostTotals) totals = NULL;

        print_message("# %s\n", rows[i].text);
        assert_null(frost_history_parse(rows[i].text, strlen(rows[i].text), &totals, &error));
        assert_null(totals);
        assert_error(error, FROST_HISTORY_ERROR, rows[i].code, rows[i].part);
    }
}

static GPtrArray *
parse_freeze(const char *freeze, GError **error)
{
    g_autofree char *text = g_strdup_printf(
        "{\"format\": \"frost-ga history\", \"version\": 1, \"freezes\": [%s]}", freeze);

    g_autoptr(FrostTotals) totals = NULL;

    return frost_history_parse(text, strlen(text), &totals, error);
}

static void
a_freeze_that_cannot_be_one_is_refused(void **state)
{
    static const char *const rows[] = {
        "null",
        "7",
        "{}",
        "{\"end\": 1}",
        "{\"end\": \"never\"}",
        "{\"end\": \"host\", \"count\": \"two\"}",
        "{\"end\": \"host\", \"synced_us\": 1.5}",
        "{\"end\": \"host\", \"error\": []}",
        "{\"end\": \"host\", \"mounts_changed\": 1}",
        "{\"end\": \"host\", \"filesystems\": {}}",
        "{\"end\": \"host\", \"filesystems\": [null]}",
        "{\"end\": \"host\", \"filesystems\": [{\"mount_point\": \"/\"}]}",
        "{\"end\": \"host\", \"filesystems\": [{\"outcome\": \"thawed\"}]}",
        "{\"end\": \"host\", \"filesystems\": [{\"outcome\": \"frozen\", \"type\": 1}]}",
        "{\"end\": \"host\", \"hooks\": [1]}",
        "{\"end\": \"host\", \"hooks\": [{\"failed\": \"no\"}]}",
    };

    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(GError) error = NULL;

        print_message("# %s\n", rows[i]);
        assert_null(parse_freeze(rows[i], &error));
        assert_error(error, FROST_HISTORY_ERROR, FROST_HISTORY_ERROR_INVALID, "understood");
    }
}

static void
missing_unknown_and_senseless_members_of_a_freeze_are_tolerated(void **state)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) records =
        parse_freeze("{\"end\": \"host\", \"news\": {\"a\": [1]}, \"count\": -3, "
                     "\"planned_us\": -5, \"synced_us\": 18446744073709551615, "
                     "\"hooks_up_us\": 1000000000000001, \"ended_us\": 7, "
                     "\"began_us\": 253402300799000001, \"filesystems_omitted\": 99999999999, "
                     "\"filesystems\": [{\"outcome\": \"frozen\", \"device\": \"x:1\"}, "
                     "{\"outcome\": \"stuck\", \"device\": \"8\", \"level\": -1}], "
                     "\"hooks\": [{}]}",
                     &error);

    assert_no_error(error);
    const FrostRecord *record = records->pdata[0];
    assert_int_equal(record->began_real_us, 0);
    assert_int_equal(record->count, 0);
    assert_int_equal(record->planned_us, -1);
    assert_int_equal(record->synced_us, -1);
    assert_int_equal(record->hooks_up_us, -1);
    assert_int_equal(record->ended_us, 7);
    assert_int_equal(record->filesystems_omitted, 0);
    assert_int_equal(record->filesystems->len, 2);
    assert_int_equal(record->hooks->len, 1);
    assert_null(((FrostRecordFs *)record->filesystems->pdata[0])->mount_point);
    assert_true(((FrostRecordFs *)record->filesystems->pdata[0])->device == 0);
}

static void
more_than_ten_are_not_read(void **state)
{
    g_autofree char *eleven = g_strdup("{\"end\": \"host\"}");

    for (int i = 0; i < 10; i++) {
        char *more = g_strconcat(eleven, ", {\"end\": \"host\"}", NULL);

        g_free(eleven);
        eleven = more;
    }
    g_autoptr(GPtrArray) records = parse_freeze(eleven, NULL);
    assert_non_null(records);
    assert_int_equal(records->len, FROST_HISTORY_LENGTH);
}

/* A file of this much text, whatever it is, costs no more than that. */
static void
a_file_that_is_too_long_is_refused(void **state)
{
    g_autofree char *path = g_build_filename(*state, FROST_HISTORY_NAME, NULL);
    g_autoptr(GError) error = NULL;

    assert_true(g_file_set_contents(path, "{", -1, NULL));
    assert_int_equal(truncate(path, (off_t)1 << 40), 0);

    assert_null(frost_history_load(*state, &error));
    assert_error(error, FROST_HISTORY_ERROR, FROST_HISTORY_ERROR_INVALID, "too long");
}

static void
a_pipe_does_not_stop_the_reader(void **state)
{
    g_autofree char *path = g_build_filename(*state, FROST_HISTORY_NAME, NULL);
    g_autoptr(GError) error = NULL;

    assert_int_equal(mkfifo(path, 0600), 0);

    assert_null(frost_history_load(*state, &error));
    assert_error(error, FROST_HISTORY_ERROR, FROST_HISTORY_ERROR_INVALID, "regular");
}

static unsigned warnings_seen;

static GLogWriterOutput
count_warnings(GLogLevelFlags level, const GLogField *fields, gsize count, gpointer user)
{
    warnings_seen += (level & G_LOG_LEVEL_WARNING) != 0;
    return G_LOG_WRITER_HANDLED;
}

#define HEAD "{\"format\": \"frost-ga history\", \"version\": 1, \"freezes\": ["
#define FREEZE "{\"end\": \"host\"}"

static void
a_damaged_history_is_reported_and_begun_anew(void **state)
{
    static const char *const rows[] = {
        "{\"format\": \"frost-ga",
        HEAD "\n" FREEZE ",\n]}\n",
        HEAD "\n" FREEZE "\n" FREEZE "\n]}\n",
        HEAD "\n{\"end\": \"host\",\n]}\n",
        HEAD "\n{\"end\": \"never\"}\n]}\n",
        HEAD "\n" FREEZE "\n]}\n]}\n",
        "\n" FREEZE "\n]}\n",
        "{\"format\": \"frost-ga history\", \"version\": 2, \"freezes\": [\n" FREEZE "\n]}\n",
    };
    g_autofree char *path = g_build_filename(*state, FROST_HISTORY_NAME, NULL);
    g_autoptr(FrostRecord) record = sample_record();

    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(GError) error = NULL;
        unsigned before = warnings_seen;

        print_message("# %s\n", rows[i]);
        assert_true(g_file_set_contents(path, rows[i], -1, NULL));
        assert_true(frost_history_add(*state, record, &error));
        assert_no_error(error);
        assert_int_equal(warnings_seen, before + 1);
        g_autoptr(GPtrArray) records = frost_history_load(*state, &error);
        assert_no_error(error);
        assert_int_equal(records->len, 1);
    }
}

/* Lines are only a form: whoever has written the file otherwise loses nothing. */
static void
where_lines_end_means_nothing(void **state)
{
    static const char *const rows[] = {
        HEAD FREEZE "," FREEZE "]}",
        HEAD "\n" FREEZE ",\n" FREEZE "\n]}\n",
        HEAD "\n" FREEZE "\n," FREEZE "\n]}\n",
        HEAD "\n" FREEZE ", " FREEZE "\n]}\n",
        HEAD "\n" FREEZE ",\n\n" FREEZE "\n]}\n",
        HEAD "\n{\"end\":\n\"host\"},\n" FREEZE "\n]}\n",
        HEAD FREEZE ",\n" FREEZE "\n]}\n",
    };

    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(FrostTotals) totals = NULL;
        g_autoptr(GPtrArray) texts = frost_history_texts(rows[i], strlen(rows[i]), &totals, &error);

        print_message("# %s\n", rows[i]);
        assert_no_error(error);
        assert_int_equal(texts->len, 2);
        assert_non_null(totals);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_history_cut_off_anywhere_is_refused),
        cmocka_unit_test(whatever_is_no_history_is_refused_with_a_reason),
        cmocka_unit_test(a_freeze_that_cannot_be_one_is_refused),
        cmocka_unit_test(missing_unknown_and_senseless_members_of_a_freeze_are_tolerated),
        cmocka_unit_test(more_than_ten_are_not_read),
        cmocka_unit_test_setup_teardown(a_file_that_is_too_long_is_refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_pipe_does_not_stop_the_reader, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_damaged_history_is_reported_and_begun_anew, set_up,
                                        tear_down),
        cmocka_unit_test(where_lines_end_means_nothing),
    };

    g_log_set_writer_func(count_warnings, NULL, NULL);
    return cmocka_run_group_tests_name("history-hostile", tests, NULL, NULL);
}
