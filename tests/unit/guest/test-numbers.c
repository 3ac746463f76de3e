/* SPDX-License-Identifier: MIT */

#include "numbers.h"

#include "test-support.h"

static void
numbers_are_read_until_something_else_comes(void **state)
{
    const char *text = "  12\t7 x 9";
    uint64_t out[5] = {0};

    assert_int_equal(frost_numbers(&text, out, 5), 2);
    assert_int_equal(out[0], 12);
    assert_int_equal(out[1], 7);
    assert_string_equal(text, " x 9");
}

static void
no_more_are_read_than_there_is_room_for(void **state)
{
    const char *text = "1 2 3";
    uint64_t out[2];

    assert_int_equal(frost_numbers(&text, out, 2), 2);
    assert_string_equal(text, " 3");
}

static void
a_number_beyond_the_range_is_the_largest(void **state)
{
    const char *text = "99999999999999999999999";
    uint64_t out[1];

    assert_int_equal(frost_numbers(&text, out, 1), 1);
    assert_true(out[0] == UINT64_MAX);
}

static void
a_sign_or_a_line_s_end_is_no_number(void **state)
{
    const char *minus = "-1";
    const char *line = "\n1";
    uint64_t out[1];

    assert_int_equal(frost_numbers(&minus, out, 1), 0);
    assert_int_equal(frost_numbers(&line, out, 1), 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_are_read_until_something_else_comes),
        cmocka_unit_test(no_more_are_read_than_there_is_room_for),
        cmocka_unit_test(a_number_beyond_the_range_is_the_largest),
        cmocka_unit_test(a_sign_or_a_line_s_end_is_no_number),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
