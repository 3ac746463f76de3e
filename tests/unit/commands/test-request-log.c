/* SPDX-License-Identifier: MIT */

#include "request-log.h"

#include <string.h>

#include "schema.h"
#include "test-support.h"

#define MARK "s3cr3t"

/* g_free() it. */
static char *
describe(const char *text)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(QgaValue) id = NULL;
    bool has_id;
    g_autoptr(QgaValue) root = qga_value_parse(text, strlen(text));
    g_autoptr(QgaRequest) request = qga_request_of(root, &id, &has_id, &error);

    assert_no_error(error);
    return frost_request_describe(request);
}

static void
assert_described(const char *text, const char *expected)
{
    g_autofree char *line = describe(text);

    assert_string_equal(line, expected);
}

static void
a_request_is_its_command_with_its_arguments(void **state)
{
    assert_described("{\"execute\": \"guest-ping\", \"id\": 5}", "guest-ping");
    assert_described("{\"execute\": \"guest-sync\", \"arguments\": {\"id\": -7}}",
                     "guest-sync id=-7");
    assert_described("{\"execute\": \"guest-file-open\", \"arguments\": "
                     "{\"path\": \"/etc/motd\", \"mode\": \"r\"}}",
                     "guest-file-open path=\"/etc/motd\" mode=\"r\"");
    assert_described("{\"execute\": \"guest-fsfreeze-freeze-list\", \"arguments\": "
                     "{\"mountpoints\": [\"/\", \"/srv\"]}}",
                     "guest-fsfreeze-freeze-list mountpoints=[\"/\", \"/srv\"]");
    assert_described("{\"execute\": \"guest-set-vcpus\", \"arguments\": "
                     "{\"vcpus\": [{\"logical-id\": 1, \"online\": false}]}}",
                     "guest-set-vcpus vcpus=[{\"logical-id\": 1, \"online\": false}]");
    assert_described("{\"execute\": \"guest-ping\", \"arguments\": {}}", "guest-ping");
}

static void
arguments_that_must_not_be_logged_are_only_counted(void **state)
{
    assert_described("{\"execute\": \"guest-set-user-password\", \"arguments\": {\"username\": "
                     "\"root\", \"password\": \"" MARK "\", \"crypted\": false}}",
                     "guest-set-user-password username=\"root\" crypted=false (1 argument not "
                     "shown)");
    assert_described(
        "{\"execute\": \"guest-exec\", \"arguments\": {\"path\": \"/bin/sh\", \"arg\": "
        "[\"-c\", \"" MARK "\"], \"env\": [\"A=" MARK "\"], \"input-data\": \"" MARK "\"}}",
        "guest-exec path=\"/bin/sh\" (3 arguments not shown)");
    assert_described("{\"execute\": \"guest-" MARK "-no\", \"arguments\": {\"" MARK "\": 1}}",
                     "\"guest-" MARK "-no\" (1 argument not shown)");
}

/* All that the protocol has, with a value of a host that keeps secrets everywhere. */
static const char *const arguments[] = {
    "id",          "time",
    "mode",        "path",
    "arg",         "env",
    "pid",         "handle",
    "count",       "buf-b64",
    "offset",      "whence",
    "vcpus",       "mem-blks",
    "minimum",     "username",
    "crypted",     "password",
    "keys",        "reset",
    "input-data",  "capture-output",
    "mountpoints", "nobody-s",
    "last",        "__org.frost-ga_id",
};

/* The arguments of @command whose text is in its line, with a blank after each. */
static char *
shown_by(const char *command, const char *value)
{
    GString *shown = g_string_new(NULL);

    for (size_t i = 0; i < G_N_ELEMENTS(arguments); i++) {
        g_autofree char *text = g_strdup_printf(
            "{\"execute\": \"%s\", \"arguments\": {\"%s\": %s}}", command, arguments[i], value);
        g_autofree char *line = describe(text);

        if (strstr(line, MARK))
            g_string_append_printf(shown, "%s ", arguments[i]);
    }
    return g_string_free(shown, FALSE);
}

static bool
keeps_a_secret(const char *argument)
{
    static const char *const secret[] = {"password", "keys",       "buf-b64",  "arg",
                                         "env",      "input-data", "nobody-s", NULL};

    return g_strv_contains(secret, argument);
}

static void
no_secret_of_any_command_is_shown(void **state)
{
    static const char *const values[] = {"\"" MARK "\"", "[\"" MARK "\"]", "[[\"" MARK "\"]]",
                                         "{\"a\": \"" MARK "\"}", "[{\"a\": \"" MARK "\"}]"};

    for (size_t i = 0; frost_schema[i].name; i++) {
        for (size_t k = 0; k < G_N_ELEMENTS(values); k++) {
            g_autofree char *shown = shown_by(frost_schema[i].name, values[k]);
            g_auto(GStrv) names = g_strsplit(shown, " ", -1);

            for (char **name = names; *name; name++) {
                if (**name && keeps_a_secret(*name))
                    fail_msg("%s shows %s", frost_schema[i].name, *name);
            }
            if (k > 1 && *shown)
                fail_msg("%s shows what is nested in %s", frost_schema[i].name, shown);
        }
    }
}

/* Otherwise the test above would hold for a log that shows nothing. */
static void
every_argument_that_is_shown_is_in_the_protocol(void **state)
{
    unsigned count = 0;

    for (size_t i = 0; frost_schema[i].name; i++) {
        g_auto(GStrv) shown =
            g_strsplit(frost_schema[i].shown ? frost_schema[i].shown : "", " ", -1);

        for (char **name = shown; *name; name++) {
            bool is_known = false;

            for (size_t k = 0; k < G_N_ELEMENTS(arguments); k++)
                is_known = is_known || g_str_equal(arguments[k], *name);
            assert_true(is_known);
            assert_false(keeps_a_secret(*name));
            count++;
        }
    }
    assert_true(count >= 20);
}

static void
control_characters_are_quoted(void **state)
{
    assert_described("{\"execute\": \"guest-file-open\", \"arguments\": {\"path\": "
                     "\"a\\nb\\u001b[2J\\u007f\\u0085\\u202e\\\"\"}}",
                     "guest-file-open path=\"a\\nb\\u001B[2J\\u007F\\u0085\\u202E\\\"\"");
    assert_described("{\"execute\": \"a\\nb\"}", "\"a\\nb\"");
}

static void
a_line_is_bounded(void **state)
{
    g_autofree char *filler = g_strnfill(5000, 'x');
    g_autofree char *long_path = g_strdup_printf(
        "{\"execute\": \"guest-file-open\", \"arguments\": {\"path\": \"%s\"}}", filler);
    g_autofree char *long_name = g_strdup_printf("{\"execute\": \"%s\"}", filler);
    GString *many = g_string_new("{\"execute\": \"guest-fsfreeze-freeze-list\", \"arguments\": "
                                 "{\"mountpoints\": [\"/\"");

    for (unsigned i = 0; i < 1000; i++)
        g_string_append(many, ", \"/\\u0001\"");
    g_string_append(many, "]}}");
    g_autofree char *many_text = g_string_free(many, FALSE);
    const char *const texts[] = {long_path, long_name, many_text};

    for (size_t i = 0; i < G_N_ELEMENTS(texts); i++) {
        g_autofree char *line = describe(texts[i]);

        assert_true(strlen(line) <= FROST_REQUEST_LINE_MAX);
    }
    g_autofree char *line = describe(long_path);
    assert_non_null(strstr(line, "... (5000 bytes)"));
}

static void
input_that_is_no_request_is_logged_as_such(void **state)
{
    g_autofree char *line = frost_request_describe(NULL);

    assert_string_equal(line, "what is no request");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_request_is_its_command_with_its_arguments),
        cmocka_unit_test(arguments_that_must_not_be_logged_are_only_counted),
        cmocka_unit_test(no_secret_of_any_command_is_shown),
        cmocka_unit_test(every_argument_that_is_shown_is_in_the_protocol),
        cmocka_unit_test(control_characters_are_quoted),
        cmocka_unit_test(a_line_is_bounded),
        cmocka_unit_test(input_that_is_no_request_is_logged_as_such),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
