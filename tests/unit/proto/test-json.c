/* SPDX-License-Identifier: MIT */

#include <float.h>
#include <math.h>

#include "json.h"
#include "test-support.h"

static void
assert_prints(const QgaValue *value, const char *expected)
{
    g_autoptr(GString) text = g_string_new(NULL);

    qga_value_print(value, text);
    assert_string_equal(text->str, expected);
}

static void
assert_parses_to(const char *text, const char *expected)
{
    g_autoptr(QgaValue) value = qga_value_parse(text, strlen(text));

    assert_non_null(value);
    assert_prints(value, expected);
}

static void
values_print_in_the_style_of_qemu_ga(void **state)
{
    assert_parses_to("{}", "{}");
    assert_parses_to("[]", "[]");
    assert_parses_to("{\"b\":[1,{\"c\":null}],\"a\":true,\"d\":false}",
                     "{\"b\": [1, {\"c\": null}], \"a\": true, \"d\": false}");
    assert_parses_to("null", "null");
    assert_parses_to("\"x\"", "\"x\"");
}

static void
all_64_bit_integers_are_exact(void **state)
{
    assert_parses_to("9223372036854775807", "9223372036854775807");
    assert_parses_to("9223372036854775808", "9223372036854775808");
    assert_parses_to("18446744073709551615", "18446744073709551615");
    assert_parses_to("-9223372036854775808", "-9223372036854775808");
    assert_parses_to("0", "0");
}

static void
doubles_have_seventeen_digits(void **state)
{
    assert_parses_to("0.1", "0.10000000000000001");
    assert_parses_to("1.0", "1");
    assert_parses_to("-0.0", "-0");
    assert_parses_to("100.0", "100");
    assert_parses_to("1.8446744073709552e+19", "1.8446744073709552e+19");
    assert_parses_to("4.9406564584124654e-324", "4.9406564584124654e-324");
}

static void
infinity_and_nan_are_printed_as_valid_json(void **state)
{
    g_autoptr(QgaValue) infinite = qga_value_new_number(-INFINITY);
    g_autoptr(QgaValue) nothing = qga_value_new_number(NAN);

    assert_prints(infinite, "-1.7976931348623157e+308");
    assert_prints(nothing, "null");
}

static void
strings_print_in_ascii(void **state)
{
    static const struct {
        const char *string;
        const char *printed;
    } rows[] = {
        {"", "\"\""},
        {"/'%", "\"/'%\""},
        {"\"\\", "\"\\\"\\\\\""},
        {"\b\f\n\r\t", "\"\\b\\f\\n\\r\\t\""},
        {"\x01\x1F\x7F", "\"\\u0001\\u001F\\u007F\""},
        {"\xC3\xA9\xE2\x82\xAC", "\"\\u00E9\\u20AC\""},
        {"\xF0\x9F\x98\x80", "\"\\uD83D\\uDE00\""},
        {"a\xC0\x80z", "\"a\\u0000z\""},
        {"\xC3", "\"\\uFFFD\""},
        {"\xE2\x82z", "\"\\uFFFDz\""},
        {"\x80\xBF", "\"\\uFFFD\\uFFFD\""},
        {"\xE2\xE2\x82\xAC", "\"\\uFFFD\\u20AC\""},
        {"\xED\xA0\x80", "\"\\uFFFD\""},
        {"\xF8\x88\x80\x80\x80", "\"\\uFFFD\""},
        {"\xFC\x84\x80\x80\x80\x80", "\"\\uFFFD\""},
        {"\xFE\xFF", "\"\\uFFFD\\uFFFD\""},
        {"\xEF\xBF\xBE", "\"\\uFFFD\""},
    };

    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(QgaValue) value = qga_value_new_string(rows[i].string);

        assert_prints(value, rows[i].printed);
    }
}

static void
null_is_a_value_and_not_absence(void **state)
{
    g_autoptr(QgaValue) object = qga_value_new_object();
    g_autoptr(QgaValue) null = qga_value_new_null();
    g_autoptr(QgaValue) another = qga_value_ref(null);

    qga_value_set(object, "a", qga_value_new_null());

    assert_non_null(another);
    assert_int_equal(qga_value_kind(null), QGA_KIND_NULL);
    assert_non_null(qga_value_get(object, "a"));
    assert_int_equal(qga_value_kind(qga_value_get(object, "a")), QGA_KIND_NULL);
    assert_null(qga_value_get(object, "b"));
    assert_prints(object, "{\"a\": null}");
}

static void
containers_keep_what_they_are_given(void **state)
{
    g_autoptr(QgaValue) object = qga_value_new_object();
    QgaValue *array = qga_value_new_array();

    qga_value_append(array, qga_value_new_int(-1));
    qga_value_append(array, qga_value_new_uint(UINT64_MAX));
    qga_value_append(array, qga_value_new_bool(true));
    qga_value_append(array, qga_value_new_null());
    qga_value_set(object, "z", array);
    qga_value_set(object, "a", qga_value_new_number(0.5));
    qga_value_set(object, "z\xC0\x80", qga_value_new_string("s"));
    qga_value_set(object, "a", qga_value_new_string("again"));

    assert_int_equal(qga_value_length(array), 4);
    assert_int_equal(qga_value_kind(qga_value_at(array, 2)), QGA_KIND_BOOL);
    assert_int_equal(qga_value_kind(qga_value_at(array, 3)), QGA_KIND_NULL);
    assert_prints(object, "{\"z\": [-1, 18446744073709551615, true, null], \"a\": \"again\", "
                          "\"z\\u0000\": \"s\"}");
}

static void
a_reference_outlives_its_container(void **state)
{
    QgaValue *array = qga_value_new_array();

    qga_value_append(array, qga_value_new_string("kept"));
    g_autoptr(QgaValue) item = qga_value_ref(qga_value_at(array, 0));
    qga_value_unref(array);

    assert_string_equal(qga_value_get_string(item), "kept");
}

static void
members_are_visited_in_their_order(void **state)
{
    const char *text = "{\"z\":1,\"a\":null,\"m\":[]}";
    g_autoptr(QgaValue) object = qga_value_parse(text, strlen(text));
    g_autoptr(QgaValue) empty = qga_value_new_object();
    g_autoptr(GString) seen = g_string_new(NULL);
    QgaMember member = {0};

    while (qga_value_next(object, &member))
        g_string_append_printf(seen, "%s:%d ", member.name, qga_value_kind(member.value));

    g_autofree char *expected =
        g_strdup_printf("z:%d a:%d m:%d ", QGA_KIND_INTEGER, QGA_KIND_NULL, QGA_KIND_ARRAY);
    assert_string_equal(seen->str, expected);
    assert_false(qga_value_next(empty, &(QgaMember){0}));
}

static void
an_integer_that_does_not_fit_is_refused(void **state)
{
    g_autoptr(QgaValue) largest = qga_value_new_int(INT64_MAX);
    g_autoptr(QgaValue) too_large = qga_value_new_uint((uint64_t)INT64_MAX + 1);
    g_autoptr(QgaValue) negative = qga_value_new_int(-1);
    int64_t out = 42;
    uint64_t large = 42;

    assert_true(qga_value_get_int(largest, &out));
    assert_true(out == INT64_MAX);
    assert_false(qga_value_get_int(too_large, &out));
    assert_true(out == INT64_MAX);
    assert_true(qga_value_get_uint(too_large, &large));
    assert_true(large == (uint64_t)INT64_MAX + 1);
    assert_false(qga_value_get_uint(negative, &large));
    assert_true(large == (uint64_t)INT64_MAX + 1);
}

static void
kinds_are_told_apart(void **state)
{
    static const struct {
        const char *text;
        QgaKind kind;
    } rows[] = {
        {"null", QGA_KIND_NULL},        {"true", QGA_KIND_BOOL},    {"1", QGA_KIND_INTEGER},
        {"1.0", QGA_KIND_NUMBER},       {"\"1\"", QGA_KIND_STRING}, {"[1]", QGA_KIND_ARRAY},
        {"{\"1\":1}", QGA_KIND_OBJECT},
    };

    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(QgaValue) value = qga_value_parse(rows[i].text, strlen(rows[i].text));

        assert_int_equal(qga_value_kind(value), rows[i].kind);
    }
}

static void
getters_give_what_was_put_in(void **state)
{
    g_autoptr(QgaValue) yes = qga_value_new_bool(true);
    g_autoptr(QgaValue) half = qga_value_new_number(0.5);
    g_autoptr(QgaValue) seven = qga_value_new_int(7);

    assert_true(qga_value_get_bool(yes));
    assert_true(qga_value_get_number(half) == 0.5);
    assert_true(qga_value_get_number(seven) == 7.0);
}

static void
a_text_that_is_not_json_is_no_value(void **state)
{
    assert_null(qga_value_parse("", 0));
    assert_null(qga_value_parse("{", 1));
    assert_null(qga_value_parse("[1,", 3));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_print_in_the_style_of_qemu_ga),
        cmocka_unit_test(all_64_bit_integers_are_exact),
        cmocka_unit_test(doubles_have_seventeen_digits),
        cmocka_unit_test(infinity_and_nan_are_printed_as_valid_json),
        cmocka_unit_test(strings_print_in_ascii),
        cmocka_unit_test(null_is_a_value_and_not_absence),
        cmocka_unit_test(containers_keep_what_they_are_given),
        cmocka_unit_test(a_reference_outlives_its_container),
        cmocka_unit_test(members_are_visited_in_their_order),
        cmocka_unit_test(an_integer_that_does_not_fit_is_refused),
        cmocka_unit_test(kinds_are_told_apart),
        cmocka_unit_test(getters_give_what_was_put_in),
        cmocka_unit_test(a_text_that_is_not_json_is_no_value),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
