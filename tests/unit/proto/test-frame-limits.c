/* SPDX-License-Identifier: MIT */

#include "events.h"
#include "json.h"
#include "test-support.h"

#define BAD "! JSON parse error, "
#define TOO_DEEP "! JSON nesting depth limit exceeded\n"
#define TOO_LARGE "! JSON token size limit exceeded\n"
#define TOO_MANY "! JSON token count limit exceeded\n"
#define ROOMY (1 << 20)

static void
feed_repeated(QgaFrame *frame, const char *text, size_t times)
{
    for (size_t i = 0; i < times; i++)
        qga_frame_feed(frame, (const uint8_t *)text, strlen(text));
}

static void
value_is_made(void *user, const char *text, size_t length)
{
    g_autoptr(QgaValue) value = qga_value_parse(text, length);

    *(bool *)user = value && qga_value_kind(value) == QGA_KIND_ARRAY;
}

static void
no_error(void *user, const char *desc)
{
}

static void
depth_1024_becomes_a_value(void **state)
{
    static const QgaFrameEvents events = {value_is_made, no_error};
    bool made = false;
    g_autoptr(QgaFrame) frame = qga_frame_new(ROOMY, &events, &made);

    feed_repeated(frame, "[", 1023);
    feed_repeated(frame, "{\"a\":7}", 1);
    feed_repeated(frame, "]", 1023);

    assert_true(made);
}

static void
the_1025th_open_bracket_is_one_error_and_the_rest_is_swallowed(void **state)
{
    g_autoptr(GString) events = g_string_new(NULL);
    g_autoptr(QgaFrame) frame = events_frame_new(ROOMY, events);

    feed_repeated(frame, "{\"a\":[", 512);
    assert_string_equal(events->str, "");
    feed_repeated(frame, "[", 1);
    assert_string_equal(events->str, TOO_DEEP);
    feed_repeated(frame, "nul 7 \"\\q\" ,]", 1);
    feed_repeated(frame, "]}", 512);
    assert_string_equal(events->str, TOO_DEEP);
    feed_repeated(frame, "{}", 1);
    assert_string_equal(events->str, TOO_DEEP "= {}\n");
}

static void
a_request_may_have_max_bytes_and_not_one_more(void **state)
{
    static const EventsRow rows[] = {
        ROW("[1,\"abcd\"]", "= [1,\"abcd\"]\n"),
        ROW("[1,\"abcde\"]{}", TOO_LARGE "= {}\n"),
        ROW("[1,\"abcd\" ]", "= [1,\"abcd\"]\n"),
        ROW("  [  1  ,  \"abcd\"  ]  ", "= [1,\"abcd\"]\n"),
        ROW("\"12345678\"{}", "= \"12345678\"\n= {}\n"),
        ROW("\"123456789\"{}", TOO_LARGE "= {}\n"),
        ROW("\"123456789\\\"{}\"{}", TOO_LARGE "= {}\n"),
        ROW("1234567890 {}", "= 1234567890\n= {}\n"),
        ROW("12345678901 {}", TOO_LARGE "= {}\n"),
        ROW("abcdefghijk {}", TOO_LARGE "= {}\n"),
        ROW("[[[[[[[[[[[]]]]]]]]]]]{}", TOO_LARGE "= {}\n"),
        ROW("[1,\"abcdef\xFF{}", BAD "stray '\"abcdef\xFF'\n= {}\n"),
        ROW("\"1234567890\xFF{}", TOO_LARGE "= {}\n"),
        ROW("[12345678901@{}", TOO_LARGE "= {}\n"),
    };

    events_check(rows, G_N_ELEMENTS(rows), 10);
}

static void
a_token_is_refused_when_it_has_outgrown_the_room_and_not_at_its_end(void **state)
{
    static const EventsRow rows[] = {
        ROW("[1,\"abcdef", ""),
        ROW("[1,\"abcdefg", TOO_LARGE),
        ROW("12345678901", TOO_LARGE),
    };

    events_check(rows, G_N_ELEMENTS(rows), 10);
}

static void
a_stray_byte_ends_the_swallowing_and_is_no_second_error(void **state)
{
    g_autoptr(GString) events = g_string_new(NULL);
    g_autoptr(QgaFrame) frame = events_frame_new(ROOMY, events);

    feed_repeated(frame, "[", 1025);
    feed_repeated(frame, "\"abc\xFF{}", 1);

    assert_string_equal(events->str, TOO_DEEP "= {}\n");
}

static void
tokens_are_counted_too(void **state)
{
    g_autoptr(GString) events = g_string_new(NULL);
    g_autoptr(QgaFrame) frame = events_frame_new(ROOMY, events);
    size_t allowed = ROOMY / 32;

    feed_repeated(frame, "[", 1);
    feed_repeated(frame, "0,", (allowed - 1) / 2);
    assert_string_equal(events->str, "");
    feed_repeated(frame, "0,", 2);
    assert_string_equal(events->str, TOO_MANY);
    feed_repeated(frame, "0]{}", 1);
    assert_string_equal(events->str, TOO_MANY "= {}\n");
}

static void
a_reset_forgets_in_silence(void **state)
{
    static const char *const halves[] = {
        "{\"a\":[1,",   "{\"a\":\"b", "{\"a\":\"\\",        "-",   "tru", "[{]", "@ x",
        "[,1 {\"a\":1", "'",          "{\"k\":1,\"k\":[2,", "1.5",
    };

    for (size_t i = 0; i < G_N_ELEMENTS(halves); i++) {
        g_autoptr(GString) events = g_string_new(NULL);
        g_autoptr(QgaFrame) frame = events_frame_new(ROOMY, events);

        feed_repeated(frame, halves[i], 1);
        g_string_truncate(events, 0);
        qga_frame_reset(frame);
        assert_string_equal(events->str, "");
        feed_repeated(frame, "7 {\"k\":1}", 1);
        assert_string_equal(events->str, "= 7\n= {\"k\":1}\n");
    }
}

static void
a_reset_ends_the_swallowing(void **state)
{
    g_autoptr(GString) events = g_string_new(NULL);
    g_autoptr(QgaFrame) frame = events_frame_new(ROOMY, events);

    feed_repeated(frame, "[", 1025);
    qga_frame_reset(frame);
    feed_repeated(frame, "{}", 1);

    assert_string_equal(events->str, TOO_DEEP "= {}\n");
}

/* Each of these took minutes if any step looked again at what was there before. */
static void
large_input_takes_linear_time(void **state)
{
    g_autoptr(GString) events = g_string_new(NULL);
    g_autoptr(QgaFrame) frame = events_frame_new(16 << 20, events);
    int64_t begin = g_get_monotonic_time();

    feed_repeated(frame, "[\"", 1);
    feed_repeated(frame, "abcdefgh", 2 << 20);
    qga_frame_reset(frame);

    feed_repeated(frame, "9", 4 << 20);
    feed_repeated(frame, " ", 1);

    feed_repeated(frame, "{", 1);
    for (unsigned i = 0; i < 100000; i++) {
        char pair[32];

        g_snprintf(pair, sizeof pair, "%s\"k%u\":1", i ? "," : "", i);
        feed_repeated(frame, pair, 1);
    }
    feed_repeated(frame, ",\"k5\":1}", 1);

    assert_true(g_str_has_suffix(events->str, BAD "duplicate key\n"));
    assert_true(g_get_monotonic_time() - begin < 60 * G_USEC_PER_SEC);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(depth_1024_becomes_a_value),
        cmocka_unit_test(the_1025th_open_bracket_is_one_error_and_the_rest_is_swallowed),
        cmocka_unit_test(a_request_may_have_max_bytes_and_not_one_more),
        cmocka_unit_test(a_token_is_refused_when_it_has_outgrown_the_room_and_not_at_its_end),
        cmocka_unit_test(a_stray_byte_ends_the_swallowing_and_is_no_second_error),
        cmocka_unit_test(tokens_are_counted_too),
        cmocka_unit_test(a_reset_forgets_in_silence),
        cmocka_unit_test(a_reset_ends_the_swallowing),
        cmocka_unit_test(large_input_takes_linear_time),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
