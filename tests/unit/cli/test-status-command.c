/* SPDX-License-Identifier: MIT */
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli.h"
#include "freezes.h"
#include "history-text.h"
#include "history.h"
#include "ledger-entries.h"
#include "ledger.h"
#include "test-support.h"

typedef struct {
    char *dir;
    char *out; /* what the last run printed */
    char *err;
} Fixture;

static int
set_up(void **state)
{
    Fixture *f = g_new0(Fixture, 1);

    f->dir = test_make_dir();
    *state = f;
    return 0;
}

static int
tear_down(void **state)
{
    Fixture *f = *state;

    test_remove_dir(f->dir);
    g_free(f->out);
    g_free(f->err);
    g_free(f);
    return 0;
}

/* frost-ga status [--statedir=DIR] [@option] */
static int
run(Fixture *f, bool with_dir, const char *option)
{
    g_autofree char *statedir = g_strconcat("--statedir=", f->dir, NULL);
    char *argv[5] = {(char *)"frost-ga", (char *)"status"};
    int argc = 2;
    FILE *out = tmpfile();
    FILE *err = tmpfile();

    if (with_dir)
        argv[argc++] = statedir;
    if (option)
        argv[argc++] = (char *)option;
    g_free(f->out);
    g_free(f->err);
    int saved_out = test_divert(STDOUT_FILENO, out);
    int saved_err = test_divert(STDERR_FILENO, err);
    int status = frost_cli_is_command(argc, argv) ? frost_cli_run(argc, argv) : -1;
    f->err = test_taken(STDERR_FILENO, saved_err, err);
    f->out = test_taken(STDOUT_FILENO, saved_out, out);
    return status;
}

static void
add(Fixture *f, FrostRecord *(*make)(void))
{
    g_autoptr(FrostRecord) record = make();

    assert_true(frost_history_add(f->dir, record, NULL));
}

static void
only_the_exact_word_is_a_command(void **state)
{
    char *status[] = {(char *)"frost-ga", (char *)"status", NULL};
    char *longer[] = {(char *)"frost-ga", (char *)"status2", NULL};
    char *later[] = {(char *)"frost-ga", (char *)"-v", (char *)"status", NULL};
    char *empty[] = {(char *)"frost-ga", (char *)"", NULL};

    assert_true(frost_cli_is_command(2, status));
    assert_false(frost_cli_is_command(1, status));
    assert_false(frost_cli_is_command(2, longer));
    assert_false(frost_cli_is_command(3, later));
    assert_false(frost_cli_is_command(2, empty));
    assert_false(frost_cli_is_command(0, status));
}

static void
no_freeze_has_an_exit_status_of_its_own(void **state)
{
    Fixture *f = *state;

    assert_int_equal(run(f, true, NULL), FROST_CLI_NOTHING);
    assert_string_equal(f->out, "Now: nothing is frozen by frost-ga\n"
                                "No freeze has been recorded.\n");
    assert_string_equal(f->err, "");

    assert_int_equal(run(f, true, "--json"), FROST_CLI_NOTHING);
    assert_string_equal(f->out,
                        "{\"format\": \"frost-ga history\", \"version\": 1, \"freezes\": [], "
                        "\"now\": {\"state\": \"idle\", \"reason\": null, \"id\": null, "
                        "\"mount_points\": [], \"frozen_for_us\": null, "
                        "\"time_left_us\": null}, \"processes\": []}\n");
}

static void
the_last_freeze_is_drawn_and_the_others_listed(void **state)
{
    Fixture *f = *state;

    add(f, freeze_failed);
    add(f, freeze_deadline);
    add(f, freeze_normal);

    assert_int_equal(run(f, true, NULL), FROST_CLI_OK);
    assert_non_null(strstr(f->out, "Last freeze: 2026-11-22 "));
    assert_non_null(strstr(f->out, "1508.3 ms from the first FIFREEZE"));
    assert_non_null(strstr(f->out, "\nEarlier freezes"));
    const char *deadline = strstr(f->out, "a time limit passed\n");
    const char *failed = strstr(f->out, "the freeze failed\n");
    assert_true(deadline && failed && deadline < failed);
    assert_null(strchr(f->out, '\033')); /* it is no terminal */
}

static void
json_says_everything(void **state)
{
    Fixture *f = *state;
    g_autoptr(FrostRecord) record = freeze_normal();
    g_autoptr(GPtrArray) records = g_ptr_array_new();
    g_autoptr(GString) expected = g_string_new(NULL);

    add(f, freeze_normal);
    g_ptr_array_add(records, record);
    g_autoptr(QgaValue) value = frost_history_to_value(records);
    qga_value_print(value, expected);
    g_string_truncate(expected, expected->len - 1); /* its brace */

    assert_int_equal(run(f, true, "-j"), FROST_CLI_OK);
    assert_true(g_str_has_prefix(f->out, expected->str));
    assert_string_equal(f->out + expected->len,
                        ", \"now\": {\"state\": \"idle\", \"reason\": null, \"id\": null, "
                        "\"mount_points\": [], \"frozen_for_us\": null, "
                        "\"time_left_us\": null}, \"processes\": []}\n");
}

/* What a program parses must not be broken by a name, either. */
static void
json_is_one_line_of_ascii(void **state)
{
    Fixture *f = *state;

    add(f, freeze_hostile);
    assert_int_equal(run(f, true, "--json"), FROST_CLI_OK);
    for (size_t i = 0; i + 1 < strlen(f->out); i++)
        assert_true(g_ascii_isprint(f->out[i]));
    assert_true(g_str_has_suffix(f->out, "}\n"));
}

static FrostLedger *
begin_freeze(const char *dir)
{
    g_autoptr(FrostLedger) ledger = frost_ledger_open(dir, NULL);
    g_autoptr(GPtrArray) none = g_ptr_array_new();
    FrostSys sys = frost_sys_linux();
    FrostPlan plan = {.sys = &sys, .filesystems = none};

    assert_non_null(ledger);
    assert_true(frost_ledger_begin_plan(ledger, &plan, NULL));
    return g_steal_pointer(&ledger);
}

static void
a_freeze_under_way_is_told(void **state)
{
    Fixture *f = *state;
    g_autoptr(FrostLedger) ledger = begin_freeze(f->dir);

    assert_non_null(ledger);
    assert_int_equal(run(f, true, NULL), FROST_CLI_NOTHING);
    assert_true(g_str_has_prefix(f->out, "Now: a freeze is under way"));
    assert_int_equal(run(f, true, "--json"), FROST_CLI_NOTHING);
    assert_non_null(strstr(f->out, "\"now\": {\"state\": \"under-way\""));
}

static void
the_state_is_shown_without_a_readable_history(void **state)
{
    Fixture *f = *state;
    g_autofree char *path = g_build_filename(f->dir, FROST_HISTORY_NAME, NULL);

    assert_true(g_file_set_contents(path, "nonsense", -1, NULL));
    assert_int_equal(run(f, true, NULL), FROST_CLI_ERROR);
    assert_true(g_str_has_prefix(f->out, "Now: nothing is frozen"));
    assert_true(g_str_has_prefix(f->err, "status: cannot use "));
    assert_non_null(strstr(f->err, FROST_HISTORY_NAME));
}

static void
the_configured_state_directory_is_looked_into(void **state)
{
    Fixture *f = *state;
    g_autofree char *path = g_build_filename(f->dir, "conf", NULL);
    g_autofree char *text = g_strdup_printf("[general]\nstatedir=%s\n", f->dir);

    add(f, freeze_normal);
    assert_true(g_file_set_contents(path, text, -1, NULL));
    assert_int_equal(setenv("QGA_CONF", path, 1), 0);
    int with = run(f, false, NULL);
    assert_true(g_file_set_contents(path, "[general\n", -1, NULL));
    int broken = run(f, false, NULL);
    unsetenv("QGA_CONF");

    assert_int_equal(with, FROST_CLI_OK);
    assert_int_equal(broken, FROST_CLI_ERROR);
    assert_non_null(strstr(f->err, "--statedir"));
}

static void
a_wrong_option_is_refused_with_a_hint(void **state)
{
    static const char *const wrong[] = {"--jsn", "-x", "more", "--json=1", "-t"};
    Fixture *f = *state;

    for (size_t i = 0; i < G_N_ELEMENTS(wrong); i++) {
        assert_int_equal(run(f, true, wrong[i]), FROST_CLI_ERROR);
        assert_string_equal(f->out, "");
        assert_non_null(strstr(f->err, "Try 'frost-ga status --help'"));
    }
}

static void
the_help_fits_on_one_screen_and_has_all_options(void **state)
{
    static const char *const parts[] = {"--json", "--statedir=DIR", "--help", "Exit status: 0"};
    Fixture *f = *state;

    assert_int_equal(run(f, false, "--help"), FROST_CLI_OK);
    g_auto(GStrv) lines = g_strsplit(f->out, "\n", -1);
    assert_true(g_strv_length(lines) <= 24 + 1);
    for (char **line = lines; *line; line++)
        assert_true(strlen(*line) <= 80);
    for (size_t i = 0; i < G_N_ELEMENTS(parts); i++)
        assert_non_null(strstr(f->out, parts[i]));
}

static void
output_that_cannot_be_printed_is_an_error(void **state)
{
    Fixture *f = *state;
    FILE *full = fopen("/dev/full", "w");
    FILE *err = tmpfile();
    g_autofree char *statedir = g_strconcat("-t", f->dir, NULL);
    char *argv[] = {(char *)"frost-ga", (char *)"status", statedir, NULL};

    assert_non_null(full);
    int saved_out = test_divert(STDOUT_FILENO, full);
    int saved_err = test_divert(STDERR_FILENO, err);
    int status = frost_cli_run(3, argv);
    f->err = test_taken(STDERR_FILENO, saved_err, err);
    g_free(test_taken(STDOUT_FILENO, saved_out, full));
    clearerr(stdout);

    assert_int_equal(status, FROST_CLI_ERROR);
    assert_non_null(strstr(f->err, "status: "));
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(only_the_exact_word_is_a_command),
        CASE(no_freeze_has_an_exit_status_of_its_own),
        CASE(the_last_freeze_is_drawn_and_the_others_listed),
        CASE(json_says_everything),
        CASE(json_is_one_line_of_ascii),
        CASE(a_freeze_under_way_is_told),
        CASE(the_state_is_shown_without_a_readable_history),
        CASE(the_configured_state_directory_is_looked_into),
        CASE(a_wrong_option_is_refused_with_a_hint),
        CASE(the_help_fits_on_one_screen_and_has_all_options),
        CASE(output_that_cannot_be_printed_is_an_error),
    };

    /* `status` sees no agent of another mount namespace: one that runs on this machine is not
     * asked. */
    if (unshare(CLONE_NEWNS) < 0)
        print_message("# an agent that runs on this machine is taken for ours\n");
    return cmocka_run_group_tests_name("status-command", tests, NULL, NULL);
}
