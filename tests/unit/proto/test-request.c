/* SPDX-License-Identifier: MIT */

#include "request.h"
#include "test-support.h"

static QgaRequest *
parse(const char *text, GError **error)
{
    g_autoptr(QgaValue) root = qga_value_parse(text, strlen(text));
    g_autoptr(QgaValue) id = NULL;
    bool has_id;

    return qga_request_of(root, &id, &has_id, error);
}

static QgaRequest *
with_arguments(const char *arguments)
{
    g_autofree char *text = g_strdup_printf("{\"execute\":\"x\",\"arguments\":%s}", arguments);

    return parse(text, NULL);
}

static void
assert_message(GError *error, const char *message)
{
    assert_error(error, QGA_ERROR, QGA_ERROR_GENERIC, message);
    assert_string_equal(error->message, message);
}

static void
a_bad_envelope_is_named(void **state)
{
    static const struct {
        const char *text;
        const char *message;
    } rows[] = {
        {"[]", "QMP input must be a JSON object"},
        {"null", "QMP input must be a JSON object"},
        {"\"execute\"", "QMP input must be a JSON object"},
        {"1.5", "QMP input must be a JSON object"},
        {"{}", "QMP input lacks member 'execute'"},
        {"{\"arguments\":{}}", "QMP input lacks member 'execute'"},
        {"{\"execute\":5}", "QMP input member 'execute' must be a string"},
        {"{\"execute\":null}", "QMP input member 'execute' must be a string"},
        {"{\"execute\":\"x\",\"arguments\":null}",
         "QMP input member 'arguments' must be an object"},
        {"{\"execute\":\"x\",\"arguments\":[]}", "QMP input member 'arguments' must be an object"},
        {"{\"arguments\":1}", "QMP input member 'arguments' must be an object"},
        {"{\"execute\":\"x\",\"control\":{}}", "QMP input member 'control' is unexpected"},
        {"{\"\":1,\"execute\":\"x\"}", "QMP input member '' is unexpected"},
        {"{\"Execute\":\"x\"}", "QMP input member 'Execute' is unexpected"},
        {"{\"exec-oob\":\"x\"}", "QMP input member 'exec-oob' is unexpected"},
        {"{\"a\xC0\x80z\":1}", "QMP input member 'a\xC0\x80z' is unexpected"},
    };

    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(GError) error = NULL;

        assert_null(parse(rows[i].text, &error));
        assert_message(error, rows[i].message);
    }
}

static void
the_first_fault_in_the_text_is_named(void **state)
{
    g_autoptr(GError) first = NULL;
    g_autoptr(GError) second = NULL;

    assert_null(parse("{\"zap\":1,\"bar\":2,\"execute\":5}", &first));
    assert_null(parse("{\"execute\":5,\"zap\":1}", &second));

    assert_message(first, "QMP input member 'zap' is unexpected");
    assert_message(second, "QMP input member 'execute' must be a string");
}

static void
the_id_is_known_whatever_is_wrong_with_the_rest(void **state)
{
    g_autoptr(QgaValue) root = qga_value_parse("{\"foo\":1,\"id\":[7]}", 18);
    g_autoptr(QgaValue) id = NULL;
    g_autoptr(GError) error = NULL;
    bool has_id = false;

    assert_null(qga_request_of(root, &id, &has_id, &error));

    assert_true(has_id);
    assert_int_equal(qga_value_kind(id), QGA_KIND_ARRAY);
    assert_int_equal(qga_value_length(id), 1);
}

static void
an_id_of_null_is_an_id(void **state)
{
    g_autoptr(QgaValue) with = qga_value_parse("{\"execute\":\"x\",\"id\":null}", 25);
    g_autoptr(QgaValue) without = qga_value_parse("{\"execute\":\"x\"}", 15);
    g_autoptr(QgaValue) id = NULL;
    QgaValue *no_id;
    bool has_id;
    bool has_no_id;

    g_autoptr(QgaRequest) first = qga_request_of(with, &id, &has_id, NULL);
    g_autoptr(QgaRequest) second = qga_request_of(without, &no_id, &has_no_id, NULL);

    assert_true(has_id);
    assert_int_equal(qga_value_kind(id), QGA_KIND_NULL);
    assert_false(has_no_id);
    assert_null(no_id);
    assert_string_equal(qga_request_command(second), "x");
    assert_non_null(first);
}

static void
absent_arguments_are_none(void **state)
{
    g_autoptr(QgaRequest) request = parse("{\"execute\":\"guest-ping\"}", NULL);
    g_autoptr(GError) error = NULL;
    const QgaArgs *args = qga_request_args(request);
    int64_t number = 5;

    assert_string_equal(qga_request_command(request), "guest-ping");
    assert_true(qga_args_int_optional(args, "n", &number, NULL));
    assert_int_equal(number, 5);
    assert_true(qga_args_end(args, NULL));
    assert_false(qga_args_int(args, "n", &number, &error));
    assert_message(error, "Parameter 'n' is missing");
}

static void
a_good_argument_is_read(void **state)
{
    g_autoptr(QgaRequest) request =
        with_arguments("{\"i\":-9223372036854775808,\"b\":true,\"s\":\"t\",\"e\":\"two\"}");
    const QgaArgs *args = qga_request_args(request);
    const char *const words[] = {"one", "two", NULL};
    int64_t integer = 0;
    bool boolean = false;
    const char *string = NULL;
    unsigned word = 0;

    assert_true(qga_args_int(args, "i", &integer, NULL));
    assert_true(qga_args_bool(args, "b", &boolean, NULL));
    assert_true(qga_args_string(args, "s", &string, NULL));
    assert_true(qga_args_enum_optional(args, "e", words, &word, NULL));
    assert_true(qga_args_end(args, NULL));
    assert_true(integer == INT64_MIN);
    assert_true(boolean);
    assert_string_equal(string, "t");
    assert_int_equal(word, 1);
}

static void
optional_arguments_are_read_where_they_are_given(void **state)
{
    g_autoptr(QgaRequest) request = with_arguments("{\"i\":7,\"b\":true,\"s\":\"t\"}");
    const QgaArgs *args = qga_request_args(request);
    int64_t integer = 0;
    bool boolean = false;
    const char *string = NULL;

    assert_true(qga_args_int_optional(args, "i", &integer, NULL));
    assert_true(qga_args_bool_optional(args, "b", &boolean, NULL));
    assert_true(qga_args_string_optional(args, "s", &string, NULL));
    assert_true(qga_args_end(args, NULL));
    assert_int_equal(integer, 7);
    assert_true(boolean);
    assert_string_equal(string, "t");
}

static void
an_integer_argument_wants_an_integer_in_range(void **state)
{
    static const char *const others[] = {
        "\"x\"",
        "1.5",
        "1.0",
        "1000.0",
        "9223372036854775808",
        "18446744073709551615",
        "-9.2233720368547758e+18",
        "null",
        "true",
        "[]",
        "{}",
    };

    for (size_t i = 0; i < G_N_ELEMENTS(others); i++) {
        g_autofree char *arguments = g_strdup_printf("{\"id\":%s}", others[i]);
        g_autoptr(QgaRequest) request = with_arguments(arguments);
        g_autoptr(GError) error = NULL;
        g_autoptr(GError) also = NULL;
        int64_t out = 42;

        assert_false(qga_args_int(qga_request_args(request), "id", &out, &error));
        assert_false(qga_args_int_optional(qga_request_args(request), "id", &out, &also));
        assert_message(error, "Invalid parameter type for 'id', expected: integer");
        assert_message(also, "Invalid parameter type for 'id', expected: integer");
        assert_int_equal(out, 42);
    }
}

static void
a_wrong_type_is_named_with_the_right_one(void **state)
{
    g_autoptr(QgaRequest) request = with_arguments("{\"a\":null}");
    const QgaArgs *args = qga_request_args(request);
    const char *const words[] = {"one", NULL};
    g_autoptr(GError) boolean = NULL;
    g_autoptr(GError) string = NULL;
    g_autoptr(GError) word = NULL;
    g_autoptr(GError) array = NULL;
    g_autoptr(GError) objects = NULL;
    GPtrArray *list = NULL;
    char **strings;

    assert_false(qga_args_bool_optional(args, "a", &(bool){0}, &boolean));
    assert_false(qga_args_string_optional(args, "a", &(const char *){0}, &string));
    assert_false(qga_args_enum_optional(args, "a", words, &(unsigned){0}, &word));
    assert_false(qga_args_strings_optional(args, "a", &strings, &array));
    assert_false(qga_args_objects(args, "a", &list, &objects));

    assert_message(boolean, "Invalid parameter type for 'a', expected: boolean");
    assert_message(string, "Invalid parameter type for 'a', expected: string");
    assert_message(word, "Invalid parameter type for 'a', expected: string");
    assert_message(array, "Invalid parameter type for 'a', expected: array");
    assert_message(objects, "Invalid parameter type for 'a', expected: array");
}

static void
a_word_outside_of_the_list_is_named(void **state)
{
    g_autoptr(QgaRequest) request = with_arguments("{\"whence\":\"bad\"}");
    const char *const words[] = {"set", "cur", NULL};
    g_autoptr(GError) error = NULL;
    unsigned out = 42;

    assert_false(qga_args_enum_optional(qga_request_args(request), "whence", words, &out, &error));
    assert_message(error, "Parameter 'whence' does not accept value 'bad'");
    assert_int_equal(out, 42);
}

static void
a_missing_argument_comes_before_an_unexpected_one(void **state)
{
    g_autoptr(QgaRequest) request = with_arguments("{\"foo\":1}");
    const QgaArgs *args = qga_request_args(request);
    g_autoptr(GError) missing = NULL;
    g_autoptr(GError) unexpected = NULL;
    const char *string;

    assert_false(qga_args_string(args, "path", &string, &missing));
    assert_false(qga_args_end(args, &unexpected));

    assert_message(missing, "Parameter 'path' is missing");
    assert_message(unexpected, "Parameter 'foo' is unexpected");
}

static void
the_first_unexpected_argument_is_named(void **state)
{
    g_autoptr(QgaRequest) request = with_arguments("{\"z\":1,\"id\":5,\"a\":2}");
    const QgaArgs *args = qga_request_args(request);
    g_autoptr(GError) error = NULL;
    int64_t id;

    assert_true(qga_args_int(args, "id", &id, NULL));
    assert_false(qga_args_end(args, &error));
    assert_message(error, "Parameter 'z' is unexpected");
}

static void
strings_are_read_one_by_one(void **state)
{
    g_autoptr(QgaRequest) request = with_arguments("{\"mountpoints\":[\"/\",\"/srv\"]}");
    g_autoptr(QgaRequest) empty = with_arguments("{\"mountpoints\":[]}");
    g_autoptr(QgaRequest) absent = with_arguments("{}");
    g_auto(GStrv) strings = NULL;
    g_auto(GStrv) none = NULL;
    char **nothing = (char **)"";

    assert_true(
        qga_args_strings_optional(qga_request_args(request), "mountpoints", &strings, NULL));
    assert_true(qga_args_strings_optional(qga_request_args(empty), "mountpoints", &none, NULL));
    assert_true(qga_args_strings_optional(qga_request_args(absent), "mountpoints", &nothing, NULL));

    assert_int_equal(g_strv_length(strings), 2);
    assert_string_equal(strings[0], "/");
    assert_string_equal(strings[1], "/srv");
    assert_non_null(none);
    assert_int_equal(g_strv_length(none), 0);
    assert_null(nothing);
}

static void
a_wrong_item_is_named_by_its_index(void **state)
{
    g_autoptr(QgaRequest) request = with_arguments("{\"mountpoints\":[\"/\",null]}");
    g_autoptr(GError) error = NULL;
    char **strings;

    assert_false(
        qga_args_strings_optional(qga_request_args(request), "mountpoints", &strings, &error));
    assert_message(error, "Invalid parameter type for 'mountpoints[1]', expected: string");
    assert_null(strings);
}

static void
arguments_of_nested_objects_are_named_by_their_path(void **state)
{
    g_autoptr(QgaRequest) request =
        with_arguments("{\"vcpus\":[{\"logical-id\":1},{\"logical-id\":\"x\",\"y\":0}]}");
    g_autoptr(GPtrArray) vcpus = NULL;
    g_autoptr(GError) type = NULL;
    g_autoptr(GError) missing = NULL;
    g_autoptr(GError) unexpected = NULL;
    int64_t id;

    assert_true(qga_args_objects(qga_request_args(request), "vcpus", &vcpus, NULL));
    assert_int_equal(vcpus->len, 2);
    const QgaArgs *first = g_ptr_array_index(vcpus, 0);
    const QgaArgs *second = g_ptr_array_index(vcpus, 1);
    assert_true(qga_args_int(first, "logical-id", &id, NULL));
    assert_int_equal(id, 1);
    assert_false(qga_args_bool(first, "online", &(bool){0}, &missing));
    assert_false(qga_args_int(second, "logical-id", &id, &type));
    assert_false(qga_args_end(second, &unexpected));

    assert_message(missing, "Parameter 'vcpus[0].online' is missing");
    assert_message(type, "Invalid parameter type for 'vcpus[1].logical-id', expected: integer");
    assert_message(unexpected, "Parameter 'vcpus[1].y' is unexpected");
}

static void
an_item_that_is_no_object_is_named_by_its_index(void **state)
{
    g_autoptr(QgaRequest) request = with_arguments("{\"vcpus\":[{},7]}");
    g_autoptr(GError) error = NULL;
    GPtrArray *vcpus = NULL;

    assert_false(qga_args_objects(qga_request_args(request), "vcpus", &vcpus, &error));
    assert_message(error, "Invalid parameter type for 'vcpus[1]', expected: object");
    assert_null(vcpus);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_bad_envelope_is_named),
        cmocka_unit_test(the_first_fault_in_the_text_is_named),
        cmocka_unit_test(the_id_is_known_whatever_is_wrong_with_the_rest),
        cmocka_unit_test(an_id_of_null_is_an_id),
        cmocka_unit_test(absent_arguments_are_none),
        cmocka_unit_test(a_good_argument_is_read),
        cmocka_unit_test(optional_arguments_are_read_where_they_are_given),
        cmocka_unit_test(an_integer_argument_wants_an_integer_in_range),
        cmocka_unit_test(a_wrong_type_is_named_with_the_right_one),
        cmocka_unit_test(a_word_outside_of_the_list_is_named),
        cmocka_unit_test(a_missing_argument_comes_before_an_unexpected_one),
        cmocka_unit_test(the_first_unexpected_argument_is_named),
        cmocka_unit_test(strings_are_read_one_by_one),
        cmocka_unit_test(a_wrong_item_is_named_by_its_index),
        cmocka_unit_test(arguments_of_nested_objects_are_named_by_their_path),
        cmocka_unit_test(an_item_that_is_no_object_is_named_by_its_index),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
