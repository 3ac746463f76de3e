/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "test-support.h"
#include "text.h"

static void
times_fit_six_columns(void **state)
{
    static const struct {
        int64_t us;
        const char *ms;
        const char *duration;
    } rows[] = {
        {-1, "-", "-"},
        {0, "0.000", "0.000 ms"},
        {812, "0.812", "0.812 ms"},
        {9999, "9.999", "9.999 ms"},
        {10000, "10.00", "10.0 ms"},
        {99999, "99.99", "99.9 ms"},
        {100000, "100.0", "100.0 ms"},
        {999999, "999.9", "999.9 ms"},
        {1000000, "1000", "1000.0 ms"},
        {9999999, "9999", "9999.9 ms"},
        {10000000, "10000", "10.0 s"},
        {999999999, "999999", "999.9 s"},
        {1000000000, "1000s", "1000.0 s"},
        {99999999999, "99999s", "27.7 h"},
        {100000000000, "1d", "27.7 h"},
        {1000000000000000, "11574d", "277777.7 h"},
    };

    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *ms = frost_text_ms(rows[i].us);
        g_autofree char *duration = frost_text_duration(rows[i].us);

        assert_string_equal(ms, rows[i].ms);
        assert_string_equal(duration, rows[i].duration);
        assert_true(strlen(ms) <= 6);
    }
}

static void
characters_that_control_a_terminal_are_escaped(void **state)
{
    static const struct {
        const char *raw;
        const char *clean;
        unsigned columns;
    } rows[] = {
        {NULL, "?", 1},
        {"", "", 0},
        {"/a b", "/a b", 4},
        {"\033[2J", "\\x1b[2J", 7},
        {"a\nb\tc\x7f", "a\\x0ab\\x09c\\x7f", 15},
        {"\xc2\x9b", "\\x9b", 4},
        {"\xff\xc3", "\\xff\\xc3", 8},
        {"\xc0\x80", "\\xc0\\x80", 8},
        {"\xe2\x80\xae", "\\u202e", 6},
        {"\xe2\x80\xa8", "\\u2028", 6},
        {"\xe2\x80\x8b", "\\u200b", 6},
        {"\xef\xb8\x8f", "\\ufe0f", 6},
        {"\xc3\xa9", "\xc3\xa9", 1},
        {"e\xcc\x81", "e\xcc\x81", 1},
        {"\xe6\x97\xa5", "\xe6\x97\xa5", 2},
        {"\xf0\x9f\xa7\x8a", "\xf0\x9f\xa7\x8a", 2},
    };

    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *clean = frost_text_clean(rows[i].raw);

        assert_string_equal(clean, rows[i].clean);
        assert_int_equal(frost_text_columns(clean), rows[i].columns);
    }
}

static void
a_column_is_filled_exactly(void **state)
{
    static const struct {
        const char *text;
        const char *left;
    } rows[] = {
        {"", "        "},
        {"/srv", "/srv    "},
        {"/srv/abc", "/srv/abc"},
        {"/srv/data/x", "...ata/x"},
        {"\xe6\x97\xa5\xe6\x97\xa5\xe6\x97\xa5\xe6\x97\xa5",
         "\xe6\x97\xa5\xe6\x97\xa5\xe6\x97\xa5\xe6\x97\xa5"},
        /* half of a wide character is no character */
        {"\xe6\x97\xa5\xe6\x97\xa5\xe6\x97\xa5\xe6\x97\xa5\xe6\x97\xa5",
         "...\xe6\x97\xa5\xe6\x97\xa5 "},
    };

    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(GString) out = g_string_new(NULL);

        frost_text_add_left(out, rows[i].text, 8);
        assert_string_equal(out->str, rows[i].left);
        assert_int_equal(frost_text_columns(out->str), 8);
    }

    g_autoptr(GString) right = g_string_new("|");
    frost_text_add_right(right, "9.5", 6);
    frost_text_add_right(right, "1234567", 6);
    assert_string_equal(right->str, "|   9.51234567");
}

static void
words_are_kept_whole_where_they_can_be(void **state)
{
    g_autoptr(GString) out = g_string_new("label  ");
    g_autofree char *long_word = g_strnfill(100, 'w');
    g_autofree char *text = g_strdup_printf("short %s  end", long_word);

    frost_text_wrap(out, text, 7, 4);

    g_auto(GStrv) lines = g_strsplit(out->str, "\n", -1);
    assert_int_equal(g_strv_length(lines), 4);
    assert_string_equal(lines[0], "label  short");
    assert_int_equal(strlen(lines[1]), 80);
    assert_true(g_str_has_prefix(lines[1], "    www"));
    assert_string_equal(lines[2], "    wwwwwwwwwwwwwwwwwwwwwwww end");
    assert_string_equal(lines[3], "");
}

static void
wide_words_are_broken_before_the_edge(void **state)
{
    g_autoptr(GString) out = g_string_new(NULL);
    g_autoptr(GString) wide = g_string_new("x");

    for (int i = 0; i < 60; i++)
        g_string_append(wide, "\xe6\x97\xa5");
    frost_text_wrap(out, wide->str, 0, 2);

    g_auto(GStrv) lines = g_strsplit(out->str, "\n", -1);
    assert_int_equal(g_strv_length(lines), 3);
    assert_int_equal(frost_text_columns(lines[0]), 79);
    assert_int_equal(frost_text_columns(lines[1]), 2 + 2 * 21);
}

static void
sizes_are_cut_off_not_rounded(void **state)
{
    static const struct {
        int64_t bytes;
        const char *text;
    } rows[] = {
        {-1, "-"},
        {0, "0"},
        {1, "1 B"},
        {1023, "1023 B"},
        {1024, "1.0 KiB"},
        {1024 * 1024 - 1, "1023.9 KiB"},
        {1536, "1.5 KiB"},
        {5 * 1024 * 1024, "5.0 MiB"},
        {INT64_MAX, "7.9 EiB"},
    };

    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *text = frost_text_size(rows[i].bytes);

        assert_string_equal(text, rows[i].text);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(times_fit_six_columns),
        cmocka_unit_test(characters_that_control_a_terminal_are_escaped),
        cmocka_unit_test(a_column_is_filled_exactly),
        cmocka_unit_test(words_are_kept_whole_where_they_can_be),
        cmocka_unit_test(sizes_are_cut_off_not_rounded),
        cmocka_unit_test(wide_words_are_broken_before_the_edge),
    };

    return cmocka_run_group_tests_name("text", tests, NULL, NULL);
}
