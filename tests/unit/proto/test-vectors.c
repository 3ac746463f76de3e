/* SPDX-License-Identifier: MIT */

/*
 * test-vectors.c - what real qemu-ga 10.0.13 answered, byte for byte
 *
 * tests/data/wire-vectors.jsonl has a request and the answers of three versions a line; strings
 * are bytes as latin-1. tests/data/vector-differences.json lists the lines that frost-ga answers
 * otherwise, and why.
 */

#include <string.h>

#include "frame.h"
#include "json.h"
#include "stand-in.h"
#include "test-support.h"

#define MODEL "10.0.13"

typedef struct {
    GPtrArray *vectors;    /* of QgaValue, objects */
    QgaValue *differences; /* an array of objects */
} Data;

static void
collect(void *user, const char *text, size_t length)
{
    QgaValue *value = qga_value_parse(text, length);

    if (value)
        g_ptr_array_add(user, value);
}

static void
not_expected(void *user, const char *desc)
{
    print_error("test data: %s\n", desc);
}

/* All values in a file of the test data. */
static GPtrArray *
read_values(const char *name)
{
    static const QgaFrameEvents events = {collect, not_expected};
    GPtrArray *values = g_ptr_array_new_with_free_func((GDestroyNotify)qga_value_unref);
    g_autofree char *path = g_build_filename(g_getenv("TEST_DATA"), name, NULL);
    g_autofree char *text = NULL;
    gsize length;
    g_autoptr(QgaFrame) frame = qga_frame_new(1 << 20, &events, values);

    assert_true(g_file_get_contents(path, &text, &length, NULL));
    qga_frame_feed(frame, (const uint8_t *)text, length);
    return values;
}

static int
setup(void **state)
{
    Data *data = g_new0(Data, 1);
    g_autoptr(GPtrArray) differences = read_values("vector-differences.json");

    data->vectors = read_values("wire-vectors.jsonl");
    assert_int_equal(differences->len, 1);
    data->differences = qga_value_ref(g_ptr_array_index(differences, 0));
    *state = data;
    return 0;
}

static int
teardown(void **state)
{
    Data *data = *state;

    g_ptr_array_unref(data->vectors);
    qga_value_unref(data->differences);
    g_free(data);
    return 0;
}

/* A string of code points up to U+00FF as the bytes it stands for. */
static GString *
bytes_of(const QgaValue *object, const char *name)
{
    GString *bytes = g_string_new(NULL);
    const char *at = qga_value_get_string(qga_value_get(object, name));

    while (*at) {
        gunichar c = g_str_has_prefix(at, "\xC0\x80") ? 0 : g_utf8_get_char(at);

        assert_true(c <= 0xFF);
        g_string_append_c(bytes, (char)c);
        at = g_utf8_next_char(at);
    }
    return bytes;
}

/* What is listed for a line of the vectors, counted from 1; NULL if nothing. */
static const QgaValue *
difference_of(const Data *data, size_t line)
{
    for (size_t i = 0; i < qga_value_length(data->differences); i++) {
        const QgaValue *difference = qga_value_at(data->differences, i);
        int64_t listed;

        if (qga_value_get_int(qga_value_get(difference, "line"), &listed) && (size_t)listed == line)
            return difference;
    }
    return NULL;
}

static GString *
expected_of(const Data *data, size_t line)
{
    const QgaValue *difference = difference_of(data, line);

    if (difference)
        return bytes_of(difference, "frost-ga");
    return bytes_of(g_ptr_array_index(data->vectors, line - 1), MODEL);
}

static void
check(size_t line, const GString *sent, const GString *expected, size_t first, size_t step)
{
    g_autoptr(StandIn) agent = stand_in_new();

    stand_in_feed(agent, sent->str, first);
    for (size_t i = first; i < sent->len; i += step)
        stand_in_feed(agent, sent->str + i, MIN(step, sent->len - i));

    if (!g_string_equal(stand_in_answers(agent), expected))
        fail_msg("line %zu, cut at %zu and every %zu: %s\n%sbut expected:\n%s", line, first, step,
                 sent->str, stand_in_answers(agent)->str, expected->str);
}

/* The stand-in has no command that does anything in the guest; the suite wire asks the agent. */
static bool
is_for_the_whole_agent(const GString *sent)
{
    return strstr(sent->str, "guest-file-") || strstr(sent->str, "guest-exec");
}

static void
every_vector_is_answered_as_by_the_model_wherever_it_is_cut(void **state)
{
    const Data *data = *state;
    unsigned left_out = 0;

    assert_int_equal(data->vectors->len, 128);
    for (size_t line = 1; line <= data->vectors->len; line++) {
        g_autoptr(GString) sent = bytes_of(g_ptr_array_index(data->vectors, line - 1), "send");
        g_autoptr(GString) expected = expected_of(data, line);

        if (is_for_the_whole_agent(sent)) {
            left_out++;
            continue;
        }
        for (size_t cut = 0; cut <= sent->len; cut++)
            check(line, sent, expected, cut, sent->len);
        check(line, sent, expected, 0, 1);
    }
    assert_int_equal(left_out, 12);
}

static void
every_difference_has_a_reason_and_is_one(void **state)
{
    const Data *data = *state;

    for (size_t i = 0; i < qga_value_length(data->differences); i++) {
        const QgaValue *difference = qga_value_at(data->differences, i);
        int64_t line = 0;

        assert_true(qga_value_get_int(qga_value_get(difference, "line"), &line));
        assert_uint_in_range(line, 1, data->vectors->len);
        const QgaValue *vector = g_ptr_array_index(data->vectors, line - 1);
        g_autoptr(GString) sent = bytes_of(difference, "send");
        g_autoptr(GString) sent_there = bytes_of(vector, "send");
        g_autoptr(GString) ours = bytes_of(difference, "frost-ga");
        g_autoptr(GString) theirs = bytes_of(vector, MODEL);

        assert_true(g_string_equal(sent, sent_there));
        assert_false(g_string_equal(ours, theirs));
        assert_true(strlen(qga_value_get_string(qga_value_get(difference, "reason"))) > 0);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_vector_is_answered_as_by_the_model_wherever_it_is_cut),
        cmocka_unit_test(every_difference_has_a_reason_and_is_one),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
