/* SPDX-License-Identifier: MIT */

#include "parcel.h"
#include "test-support.h"

static GByteArray *
parcel_of(const char *text)
{
    g_autoptr(QgaValue) value = qga_value_parse(text, strlen(text));
    GByteArray *parcel = g_byte_array_new();

    assert_non_null(value);
    qga_parcel_write(value, parcel);
    return parcel;
}

static void
assert_handed_over(const char *text)
{
    g_autoptr(GByteArray) parcel = parcel_of(text);
    g_autoptr(GString) printed = g_string_new(NULL);

    assert_true(qga_parcel_is_sound(parcel->data, parcel->len));
    g_autoptr(QgaValue) read = qga_parcel_read(parcel->data, parcel->len);
    assert_non_null(read);
    qga_value_print(read, printed);
    assert_string_equal(printed->str, text);
}

static void
assert_refused(const uint8_t *bytes, size_t length)
{
    /* Of its exact size, so that a look beyond its end is seen. */
    g_autofree uint8_t *exact = g_malloc(length + 1);
    uint8_t *start = exact + 1;

    memcpy(start, bytes, length);
    assert_false(qga_parcel_is_sound(start, length));
    assert_null(qga_parcel_read(start, length));
}

static void
each_kind_of_value_is_handed_over(void **state)
{
    static const char *const texts[] = {
        "null",
        "true",
        "false",
        "0",
        "-9223372036854775808",
        "9223372036854775807",
        "18446744073709551615",
        "0.5",
        "\"\"",
        "\"a\\u00E9\\uD83D\\uDE00\"",
        "[]",
        "[1, [2, \"three\"], null]",
        "{}",
        "{\"execute\": \"x\", \"arguments\": {\"\": [{}]}, \"id\": 1.5}",
    };

    for (size_t i = 0; i < G_N_ELEMENTS(texts); i++)
        assert_handed_over(texts[i]);
}

static void
a_parcel_that_is_cut_off_anywhere_is_refused(void **state)
{
    g_autoptr(GByteArray) parcel =
        parcel_of("{\"execute\":\"x\",\"arguments\":{\"a\":[1,2.5,true],\"b\":\"text\"},\"id\":7}");

    for (guint length = 0; length < parcel->len; length++)
        assert_refused(parcel->data, length);
}

static void
a_byte_behind_the_value_is_refused(void **state)
{
    g_autoptr(GByteArray) parcel = parcel_of("[1]");

    g_byte_array_append(parcel, (const uint8_t *)"", 1);
    assert_refused(parcel->data, parcel->len);
}

static void
a_length_or_count_beyond_the_end_is_refused(void **state)
{
    static const uint8_t text[] = {6, 255, 255, 255, 255, 'a'};
    static const uint8_t array[] = {7, 255, 255, 255, 255, 0, 0};
    static const uint8_t object[] = {8, 2, 0, 0, 0, 1, 0, 0, 0, 'a', 0};

    assert_refused(text, sizeof text);
    assert_refused(array, sizeof array);
    assert_refused(object, sizeof object);
}

static void
a_string_that_has_a_nul_or_is_not_utf_8_is_refused(void **state)
{
    const uint32_t two = 2;
    uint8_t nul[] = {6, 0, 0, 0, 0, 'a', 0};
    uint8_t foreign[] = {6, 0, 0, 0, 0, 'a', 0xFF};

    memcpy(nul + 1, &two, sizeof two);
    memcpy(foreign + 1, &two, sizeof two);
    assert_refused(nul, sizeof nul);
    assert_refused(foreign, sizeof foreign);
}

static void
an_unknown_kind_is_refused(void **state)
{
    for (unsigned kind = 9; kind < 256; kind++) {
        const uint8_t bytes[] = {(uint8_t)kind, 0, 0, 0, 0, 0, 0, 0, 0};

        assert_refused(bytes, sizeof bytes);
    }
}

static void
a_number_in_the_form_of_another_one_is_refused(void **state)
{
    static const uint8_t small[] = {4, 1, 0, 0, 0, 0, 0, 0, 0};
    const double nan = G_MAXDOUBLE * 2 - G_MAXDOUBLE * 2;
    uint8_t none[9] = {5};

    memcpy(none + 1, &nan, sizeof nan);
    assert_refused(none, sizeof none);
    if (G_BYTE_ORDER == G_LITTLE_ENDIAN)
        assert_refused(small, sizeof small);
}

static void
a_value_is_as_deep_as_the_framer_lets_it_be(void **state)
{
    g_autoptr(GByteArray) parcel = g_byte_array_new();
    const uint32_t one = 1;
    const uint8_t array = 7;
    const uint8_t null = 0;

    for (unsigned i = 0; i < QGA_PARCEL_DEPTH; i++) {
        g_byte_array_append(parcel, &array, 1);
        g_byte_array_append(parcel, (const uint8_t *)&one, sizeof one);
    }
    g_byte_array_append(parcel, &null, 1);
    g_autoptr(QgaValue) deepest = qga_parcel_read(parcel->data, parcel->len);
    assert_non_null(deepest);

    g_autoptr(GByteArray) deeper = g_byte_array_new();
    g_byte_array_append(deeper, parcel->data, 5);
    g_byte_array_append(deeper, parcel->data, parcel->len);
    assert_refused(deeper->data, deeper->len);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_kind_of_value_is_handed_over),
        cmocka_unit_test(a_parcel_that_is_cut_off_anywhere_is_refused),
        cmocka_unit_test(a_byte_behind_the_value_is_refused),
        cmocka_unit_test(a_length_or_count_beyond_the_end_is_refused),
        cmocka_unit_test(a_string_that_has_a_nul_or_is_not_utf_8_is_refused),
        cmocka_unit_test(an_unknown_kind_is_refused),
        cmocka_unit_test(a_number_in_the_form_of_another_one_is_refused),
        cmocka_unit_test(a_value_is_as_deep_as_the_framer_lets_it_be),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
