/* SPDX-License-Identifier: MIT */
#include "held-lines.h"

#include <string.h>

#include "test-support.h"

static void
collect(void *user, const FrostLine *line)
{
    g_string_append_printf(user, "%" G_GINT64_FORMAT " %d %d %s\n", line->time_us, (int)line->level,
                           line->to_syslog, line->text);
}

static void
count(void *user, const FrostLine *line)
{
    (*(unsigned *)user)++;
}

static unsigned
add_many(FrostHeldLines *held, unsigned times, GLogLevelFlags level, const char *text)
{
    unsigned before = 0, after = 0;

    frost_held_lines_foreach(held, count, &before);
    for (unsigned i = 0; i < times; i++)
        frost_held_lines_add(held, &(FrostLine){1, level, false, text});
    frost_held_lines_foreach(held, count, &after);
    return after - before;
}

static void
lines_come_back_as_they_went_in(void **state)
{
    g_autoptr(FrostHeldLines) held = frost_held_lines_new();
    g_autoptr(GString) text = g_string_new(NULL);

    frost_held_lines_add(held, &(FrostLine){3, G_LOG_LEVEL_WARNING, false, "first"});
    frost_held_lines_add(held, &(FrostLine){2, G_LOG_LEVEL_INFO, true, ""});
    frost_held_lines_add(held, &(FrostLine){1, G_LOG_LEVEL_DEBUG, false, "third"});
    frost_held_lines_foreach(held, collect, text);

    assert_string_equal(text->str, "3 16 0 first\n2 64 1 \n1 128 0 third\n");
    assert_int_equal(frost_held_lines_lost(held), 0);
}

static void
the_first_lines_are_kept_and_the_rest_is_counted(void **state)
{
    g_autoptr(FrostHeldLines) held = frost_held_lines_new();

    assert_int_equal(add_many(held, FROST_HELD_LINES_MAX + 5, G_LOG_LEVEL_CRITICAL, "x"),
                     FROST_HELD_LINES_MAX);
    assert_int_equal(frost_held_lines_lost(held), 5);
}

static void
chatter_leaves_room_for_warnings(void **state)
{
    g_autoptr(FrostHeldLines) held = frost_held_lines_new();

    assert_int_equal(add_many(held, 2000, G_LOG_LEVEL_DEBUG, "x"), FROST_HELD_LINES_MAX / 4 * 3);
    assert_int_equal(add_many(held, 2000, G_LOG_LEVEL_WARNING, "y"), FROST_HELD_LINES_MAX / 4);
}

static void
long_lines_are_cut_and_their_sum_is_bounded(void **state)
{
    g_autoptr(FrostHeldLines) held = frost_held_lines_new();
    g_autoptr(GString) text = g_string_new(NULL);
    g_autofree char *longest = g_strnfill(FROST_HELD_LINE_MAX, 'l');
    g_autofree char *too_long = g_strnfill(3 * FROST_HELD_LINE_MAX, 't');

    frost_held_lines_add(held, &(FrostLine){1, G_LOG_LEVEL_WARNING, false, longest});
    frost_held_lines_add(held, &(FrostLine){1, G_LOG_LEVEL_WARNING, false, too_long});
    frost_held_lines_foreach(held, collect, text);
    g_auto(GStrv) lines = g_strsplit(text->str, "\n", -1);
    assert_int_equal(strlen(lines[0]), strlen("1 16 0 ") + FROST_HELD_LINE_MAX);
    assert_true(g_str_has_suffix(lines[1], "tt [...]"));

    unsigned kept = add_many(held, 200, G_LOG_LEVEL_WARNING, too_long);
    assert_true(kept * FROST_HELD_LINE_MAX <= FROST_HELD_BYTES_MAX);
    assert_true(kept > 50);
    assert_int_equal(frost_held_lines_lost(held), 200 - kept);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_come_back_as_they_went_in),
        cmocka_unit_test(the_first_lines_are_kept_and_the_rest_is_counted),
        cmocka_unit_test(chatter_leaves_room_for_warnings),
        cmocka_unit_test(long_lines_are_cut_and_their_sum_is_bounded),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
