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

static void
a_wrong_option_is_refused_with_a_hint(void **state)
{
    for (size_t i = 0; i < G_N_ELEMENTS(commands); i++) {
        char *argv[] = {(char *)"frost-ga", (char *)commands[i], (char *)"--freeze=x", NULL};
        g_autofree char *hint = g_strdup_printf("Try 'frost-ga %s --help'", commands[i]);
        FILE *err = tmpfile();
        int saved = test_divert(STDERR_FILENO, err);
        int status = frost_cli_run(3, argv);
        g_autofree char *text = test_taken(STDERR_FILENO, saved, err);

        assert_int_not_equal(status, FROST_CLI_OK);
        assert_non_null(strstr(text, hint));
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_help_of_every_command_fits_on_a_screen),
        cmocka_unit_test(a_wrong_option_is_refused_with_a_hint),
    };

    return cmocka_run_group_tests_name("help", tests, NULL, NULL);
}
