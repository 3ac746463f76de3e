/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli.h"
#include "test-support.h"

static const char *const commands[] = {"check", "hooks", "plan", "status", "thaw"};

static char *
help_of(const char *command, const char *option)
{
    char *argv[] = {(char *)"frost-ga", (char *)command, (char *)option, NULL};
    FILE *out = tmpfile();
    int saved = test_divert(STDOUT_FILENO, out);
    int status = frost_cli_run(3, argv);
    char *text = test_taken(STDOUT_FILENO, saved, out);

    assert_int_equal(status, FROST_CLI_OK);
    return text;
}

static void
the_help_of_every_command_fits_on_a_screen(void **state)
{
    for (size_t i = 0; i < G_N_ELEMENTS(commands); i++) {
        g_autofree char *text = help_of(commands[i], "--help");
        g_autofree char *again = help_of(commands[i], "-h");
        g_autofree char *usage = g_strdup_printf("Usage: frost-ga %s ", commands[i]);
        g_auto(GStrv) lines = g_strsplit(text, "\n", -1);

        assert_string_equal(text, again);
        assert_true(g_str_has_prefix(text, usage));
        assert_non_null(strstr(text, "Exit status: 0"));
        assert_true(g_strv_length(lines) <= 24 + 1);
        for (char **line = lines; *line; line++) {
            if (strlen(*line) > 80)
                fail_msg("%s: %s", commands[i], *line);
        }
    }
}

/* What is said on standard error; g_free() it. */
static char *
complaint_about(const char *const *words)
{
    g_auto(GStrv) argv = g_strdupv((char **)words);
    FILE *err = tmpfile();
    int saved = test_divert(STDERR_FILENO, err);
    int status = frost_cli_run((int)g_strv_length(argv), argv);
    char *text = test_taken(STDERR_FILENO, saved, err);

    assert_int_not_equal(status, FROST_CLI_OK);
    return text;
}

static void
assert_hinted(const char *command, const char *text)
{
    g_autofree char *hint = g_strdup_printf("Try 'frost-ga %s --help'.\n", command);

    if (!g_str_has_suffix(text, hint))
        fail_msg("%s: '%s'", command, text);
}

static void
a_wrong_option_is_refused_with_a_hint(void **state)
{
    for (size_t i = 0; i < G_N_ELEMENTS(commands); i++) {
        const char *const words[] = {"frost-ga", commands[i], "--freeze=x", NULL};
        g_autofree char *text = complaint_about(words);

        assert_hinted(commands[i], text);
    }
}

static void
an_unexpected_operand_is_refused_with_a_hint(void **state)
{
    static const char *const calls[][5] = {{"frost-ga", "check", "/mnt"},
                                           {"frost-ga", "hooks", "list", "/mnt"},
                                           {"frost-ga", "status", "/mnt"},
                                           {"frost-ga", "thaw", "/mnt"}};

    for (size_t i = 0; i < G_N_ELEMENTS(calls); i++) {
        g_autofree char *text = complaint_about(calls[i]);

        assert_hinted(calls[i][1], text);
        assert_non_null(strstr(text, ": nothing is expected here: '/mnt'\n"));
    }
}

/* `-b help` answers, and exits before it has read what comes after it. */
static void
options_of_the_agent_that_only_print_are_refused(void **state)
{
    static const char *const calls[][6] = {{"frost-ga", "check", "-b", "help"},
                                           {"frost-ga", "hooks", "list", "-b", "help"},
                                           {"frost-ga", "plan", "-b", "help"}};

    for (size_t i = 0; i < G_N_ELEMENTS(calls); i++) {
        g_autofree char *text = complaint_about(calls[i]);

        assert_hinted(calls[i][1], text);
        assert_non_null(strstr(text, "only makes the agent print"));
    }
}

static void
a_name_in_a_complaint_neither_steers_the_terminal_nor_forges_a_line(void **state)
{
#define NAME "/no\033[2Jwhere\nok"
    static const char *const calls[][6] = {{"frost-ga", "check", "-c", NAME},
                                           {"frost-ga", "check", NAME},
                                           {"frost-ga", "plan", "-c", NAME},
                                           {"frost-ga", "status", NAME},
                                           {"frost-ga", "thaw", "-t", NAME}};
#undef NAME

    for (size_t i = 0; i < G_N_ELEMENTS(calls); i++) {
        g_autofree char *text = complaint_about(calls[i]);

        assert_null(strchr(text, '\033'));
        assert_null(strstr(text, "\nok"));
        if (!strstr(text, "/no\\x1b[2Jwhere\\x0aok"))
            fail_msg("'%s'", text);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_help_of_every_command_fits_on_a_screen),
        cmocka_unit_test(a_wrong_option_is_refused_with_a_hint),
        cmocka_unit_test(an_unexpected_operand_is_refused_with_a_hint),
        cmocka_unit_test(options_of_the_agent_that_only_print_are_refused),
        cmocka_unit_test(a_name_in_a_complaint_neither_steers_the_terminal_nor_forges_a_line),
    };

    return cmocka_run_group_tests_name("help", tests, NULL, NULL);
}
