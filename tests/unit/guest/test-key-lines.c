/* SPDX-License-Identifier: MIT */

#include "key-lines.h"

#include "test-support.h"

#define KEYS(...) ((const char *const[]){__VA_ARGS__, NULL})

static void
a_key_is_one_line_that_is_no_comment(void **state)
{
    assert_true(frost_key_is_line("ssh-ed25519 AAAA me"));
    assert_true(frost_key_is_line(""));
    assert_false(frost_key_is_line("# me"));
    assert_false(frost_key_is_line("a\nb"));
    assert_false(frost_key_is_line("a\rb"));
}

static void
comments_and_blank_lines_are_not_listed(void **state)
{
    g_auto(GStrv) keys = frost_key_lines_list("# one\n\n  a 1  \n \t\nb 2\r\n  # two\nc");
    g_autofree char *all = g_strjoinv("|", keys);

    assert_string_equal(all, "a 1|b 2|c");
}

static void
nothing_lists_nothing(void **state)
{
    g_auto(GStrv) keys = frost_key_lines_list("");

    assert_int_equal(g_strv_length(keys), 0);
}

static void
only_what_is_missing_is_added_once(void **state)
{
    g_autofree char *text = frost_key_lines_add("# x\na 1", KEYS("a 1", "b 2", "b 2", "", " b 2 "));

    assert_string_equal(text, "# x\na 1\nb 2\n");
}

static void
adding_nothing_changes_nothing(void **state)
{
    g_autofree char *text = frost_key_lines_add("a 1", KEYS("a 1"));

    assert_string_equal(text, "a 1");
}

static void
removing_a_key_removes_every_whole_line_with_it(void **state)
{
    g_autofree char *text =
        frost_key_lines_remove("# x\na 1\n  a 1  \na 12\n\nb 2", KEYS("a 1", "b 2", "no"));

    assert_string_equal(text, "# x\na 12\n\n");
}

static void
a_comment_is_never_removed(void **state)
{
    g_autofree char *text = frost_key_lines_remove("# x\n\n", KEYS("# x", ""));

    assert_string_equal(text, "# x\n\n");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_key_is_one_line_that_is_no_comment),
        cmocka_unit_test(comments_and_blank_lines_are_not_listed),
        cmocka_unit_test(nothing_lists_nothing),
        cmocka_unit_test(only_what_is_missing_is_added_once),
        cmocka_unit_test(adding_nothing_changes_nothing),
        cmocka_unit_test(removing_a_key_removes_every_whole_line_with_it),
        cmocka_unit_test(a_comment_is_never_removed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
