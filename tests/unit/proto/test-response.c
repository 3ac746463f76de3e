/* SPDX-License-Identifier: MIT */

#include "request.h"
#include "response.h"
#include "test-support.h"

static void
assert_line(GBytes *line, const char *expected)
{
    gsize length;
    const char *bytes = g_bytes_get_data(line, &length);

    assert_int_equal(length, strlen(expected));
    assert_memory_equal(bytes, expected, length);
}

static void
success_names_the_value_then_the_id(void **state)
{
    g_autoptr(QgaValue) empty = qga_value_new_object();
    g_autoptr(QgaValue) seven = qga_value_new_int(7);
    g_autoptr(GBytes) plain = qga_response_success(empty, NULL, false, false);
    g_autoptr(GBytes) with_id = qga_response_success(empty, seven, true, false);

    assert_line(plain, "{\"return\": {}}\n");
    assert_line(with_id, "{\"return\": {}, \"id\": 7}\n");
}

static void
an_id_of_null_is_echoed(void **state)
{
    g_autoptr(QgaValue) empty = qga_value_new_object();
    g_autoptr(QgaValue) null = qga_value_new_null();
    g_autoptr(GBytes) as_pointer = qga_response_success(empty, NULL, true, false);
    g_autoptr(GBytes) as_value = qga_response_success(empty, null, true, false);

    assert_line(as_pointer, "{\"return\": {}, \"id\": null}\n");
    assert_line(as_value, "{\"return\": {}, \"id\": null}\n");
}

static void
a_delimited_answer_begins_with_ff(void **state)
{
    g_autoptr(QgaValue) five = qga_value_new_int(5);
    g_autoptr(GBytes) line = qga_response_success(five, NULL, false, true);

    assert_line(line, "\xFF{\"return\": 5}\n");
}

static void
an_error_names_the_id_first(void **state)
{
    g_autoptr(QgaValue) id = qga_value_new_string("\xC3\xA9");
    g_autoptr(GError) error =
        g_error_new_literal(QGA_ERROR, QGA_ERROR_GENERIC, "no \"such\"\tthing \xE2\x80\x9C");
    g_autoptr(GBytes) plain = qga_response_error(error, NULL, false);
    g_autoptr(GBytes) with_id = qga_response_error(error, id, true);

    assert_line(plain, "{\"error\": {\"class\": \"GenericError\", "
                       "\"desc\": \"no \\\"such\\\"\\tthing \\u201C\"}}\n");
    assert_line(with_id, "{\"id\": \"\\u00E9\", \"error\": {\"class\": \"GenericError\", "
                         "\"desc\": \"no \\\"such\\\"\\tthing \\u201C\"}}\n");
}

static void
only_a_command_that_is_not_found_has_a_class_of_its_own(void **state)
{
    g_autoptr(GError) not_found = g_error_new_literal(QGA_ERROR, QGA_ERROR_COMMAND_NOT_FOUND, "x");
    g_autoptr(GError) foreign = g_error_new_literal(G_FILE_ERROR, QGA_ERROR_COMMAND_NOT_FOUND, "x");
    g_autoptr(GBytes) own = qga_response_error(not_found, NULL, false);
    g_autoptr(GBytes) generic = qga_response_error(foreign, NULL, false);

    assert_line(own, "{\"error\": {\"class\": \"CommandNotFound\", \"desc\": \"x\"}}\n");
    assert_line(generic, "{\"error\": {\"class\": \"GenericError\", \"desc\": \"x\"}}\n");
}

static void
a_refusal_shows_bad_bytes_as_replacement_characters(void **state)
{
    g_autoptr(GBytes) line = qga_response_refusal("JSON parse error, stray '\xFF'");

    assert_line(line, "{\"error\": {\"class\": \"GenericError\", "
                      "\"desc\": \"JSON parse error, stray '\\uFFFD'\"}}\n");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(success_names_the_value_then_the_id),
        cmocka_unit_test(an_id_of_null_is_echoed),
        cmocka_unit_test(a_delimited_answer_begins_with_ff),
        cmocka_unit_test(an_error_names_the_id_first),
        cmocka_unit_test(only_a_command_that_is_not_found_has_a_class_of_its_own),
        cmocka_unit_test(a_refusal_shows_bad_bytes_as_replacement_characters),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
