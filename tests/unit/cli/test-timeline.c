/* SPDX-License-Identifier: MIT */

/*
 * test-timeline.c - drawings compared with those in tests/data/timeline
 *
 * After a change that is meant, GOLDEN_WRITE=1 tests/unit/test-timeline writes them anew
 * (TEST_DATA=.../tests/data); then look at what git says has changed.
 */

#include <string.h>

#include "freezes.h"
#include "status-report.h"
#include "test-support.h"

static const struct {
    const char *name;
    FrostRecord *(*make)(void);
} drawings[] = {
    {"normal", freeze_normal},
    {"failed", freeze_failed},
    {"failed-hook", freeze_failed_hook},
    {"deadline", freeze_deadline},
    {"repeated", freeze_repeated},
    {"nothing-frozen", freeze_nothing},
    {"sixty", freeze_sixty},
    {"short", freeze_short},
    {"long", freeze_long},
    {"hostile", freeze_hostile},
    {"empty", freeze_empty},
    {"senseless", freeze_senseless},
};

static void
free_record(gpointer data)
{
    frost_record_free(data);
}

static GPtrArray *
records_of(const char *name)
{
    GPtrArray *records = g_ptr_array_new_with_free_func(free_record);

    for (size_t i = 0; i < G_N_ELEMENTS(drawings); i++) {
        if (strcmp(drawings[i].name, name) == 0)
            g_ptr_array_add(records, drawings[i].make());
    }
    return records;
}

static char *
draw(FrostSnapshotState state, const char *reason, const char *const *held,
     const GPtrArray *records, bool colour)
{
    g_autoptr(GTimeZone) utc = g_time_zone_new_utc();
    g_autoptr(GPtrArray) mount_points = g_ptr_array_new();
    g_autoptr(GPtrArray) processes = g_ptr_array_new();
    FrostSnapshot snapshot = {.state = state,
                              .reason = (char *)reason,
                              .mount_points = mount_points,
                              .freeze_begun_us = 5000000};
    FrostStatus status = {&snapshot, 17345678, records, processes};

    for (; held && *held; held++)
        g_ptr_array_add(mount_points, (char *)*held);
    return frost_status_draw(&status, utc, colour);
}

/* As a terminal would: each line with its own columns. */
static void
must_fit(const char *text)
{
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);

    assert_true(g_utf8_validate(text, -1, NULL));
    assert_true(g_str_has_suffix(text, "\n"));
    for (char **line = lines; *line; line++) {
        unsigned columns = 0;

        for (const char *at = *line; *at; at = g_utf8_next_char(at)) {
            gunichar c = g_utf8_get_char(at);

            assert_true(g_unichar_isprint(c));
            columns += g_unichar_iszerowidth(c) ? 0 : g_unichar_iswide(c) ? 2 : 1;
        }
        if (columns > 80)
            print_message("# %u columns: %s\n", columns, *line);
        assert_true(columns <= 80);
        assert_false(g_str_has_suffix(*line, " "));
    }
}

static void
must_be_golden(const char *name, const char *text)
{
    g_autofree char *path = g_strdup_printf("%s/timeline/%s", g_getenv("TEST_DATA"), name);
    g_autofree char *expected = NULL;

    must_fit(text);
    if (g_getenv("GOLDEN_WRITE"))
        assert_true(g_file_set_contents(path, text, -1, NULL));
    assert_true(g_file_get_contents(path, &expected, NULL, NULL));
    if (strcmp(text, expected) != 0)
        print_message("# %s differs:\n%s", name, text);
    assert_string_equal(text, expected);
}

static void
every_freeze_is_drawn_as_it_should_be(void **state)
{
    for (size_t i = 0; i < G_N_ELEMENTS(drawings); i++) {
        g_autoptr(GPtrArray) records = records_of(drawings[i].name);
        g_autofree char *text = draw(FROST_SNAPSHOT_IDLE, NULL, NULL, records, false);

        must_be_golden(drawings[i].name, text);
    }
}

static void
earlier_freezes_are_one_line_each(void **state)
{
    g_autoptr(GPtrArray) records = g_ptr_array_new_with_free_func(free_record);

    for (size_t i = 0; i < G_N_ELEMENTS(drawings); i++)
        g_ptr_array_add(records, drawings[i].make());
    g_ptr_array_remove_index(records, 0);
    g_ptr_array_insert(records, 0, freeze_short());
    g_autofree char *text = draw(FROST_SNAPSHOT_IDLE, NULL, NULL, records, false);

    must_be_golden("earlier", text);
}

static void
filesystems_that_are_frozen_now_come_first(void **state)
{
    static const char *const held[] = {
        "/srv",
        "/",
        "/home/of/somebody/with/a/rather/long/name/and/even/longer/folders",
        "/mnt/\033[2J",
        "/mnt/\xff",
        NULL,
    };
    g_autoptr(GPtrArray) none = g_ptr_array_new();
    g_autofree char *text = draw(FROST_SNAPSHOT_FROZEN, NULL, held, none, false);

    must_be_golden("now-frozen", text);
}

static void
an_unknown_state_is_reported(void **state)
{
    g_autoptr(GPtrArray) none = g_ptr_array_new();
    g_autofree char *under_way = draw(FROST_SNAPSHOT_UNDER_WAY, NULL, NULL, none, false);
    g_autofree char *unknown =
        draw(FROST_SNAPSHOT_UNKNOWN, "the ledger is damaged", NULL, none, false);

    must_fit(under_way);
    assert_non_null(strstr(under_way, "Now: a freeze is under way"));
    assert_string_equal(unknown, "Now: not known: the ledger is damaged\n"
                                 "No freeze has been recorded.\n");
}

/* Without its escapes a coloured drawing is the plain one. */
static void
colour_adds_nothing_but_colour(void **state)
{
    for (size_t i = 0; i < G_N_ELEMENTS(drawings); i++) {
        g_autoptr(GPtrArray) records = records_of(drawings[i].name);
        g_autofree char *plain = draw(FROST_SNAPSHOT_IDLE, NULL, NULL, records, false);
        g_autofree char *coloured = draw(FROST_SNAPSHOT_IDLE, NULL, NULL, records, true);
        g_autoptr(GRegex) escape = g_regex_new("\033\\[[0-9;]*m", 0, 0, NULL);
        g_autofree char *stripped = g_regex_replace(escape, coloured, -1, 0, "", 0, NULL);

        assert_string_not_equal(coloured, plain);
        assert_null(strchr(plain, '\033'));
        assert_string_equal(stripped, plain);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_freeze_is_drawn_as_it_should_be),
        cmocka_unit_test(earlier_freezes_are_one_line_each),
        cmocka_unit_test(filesystems_that_are_frozen_now_come_first),
        cmocka_unit_test(an_unknown_state_is_reported),
        cmocka_unit_test(colour_adds_nothing_but_colour),
    };

    return cmocka_run_group_tests_name("timeline", tests, NULL, NULL);
}
