/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "bars.h"
#include "freezes.h"
#include "phases.h"
#include "test-support.h"

static char *
phases_text(FrostRecord *(*make)(void))
{
    g_autoptr(FrostRecord) record = make();
    FrostPhase phases[FROST_PHASES_MAX];
    unsigned count = frost_phases_of(record, phases);
    GString *text = g_string_new(NULL);

    assert_true(count <= FROST_PHASES_MAX);
    for (unsigned i = 0; i < count; i++)
        g_string_append_printf(text, "%s%s%s", i > 0 ? " " : "", phases[i].name,
                               phases[i].failed ? "!" : "");
    return g_string_free(text, FALSE);
}

static void
a_freeze_has_the_phases_it_went_through(void **state)
{
    static const struct {
        FrostRecord *(*make)(void);
        const char *phases;
    } rows[] = {
        {freeze_normal, "plan sync hook sync freeze frozen thaw hook"},
        {freeze_failed, "plan sync sync freeze! thaw"},
        {freeze_failed_hook, "plan sync hook! hook"},
        {freeze_deadline, "plan sync sync freeze frozen thaw"},
        {freeze_nothing, "plan"},
        {freeze_short, "plan sync sync freeze frozen thaw"},
        {freeze_empty, ""},
    };

    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *text = phases_text(rows[i].make);

        assert_string_equal(text, rows[i].phases);
    }
}

/* Whatever a record says, each begins where the one before it ended, or later. */
static void
phases_never_overlap(void **state)
{
    FrostRecord *(*const makes[])(void) = {freeze_normal, freeze_failed,    freeze_deadline,
                                           freeze_long,   freeze_senseless, freeze_hostile};

    for (size_t i = 0; i < G_N_ELEMENTS(makes); i++) {
        g_autoptr(FrostRecord) record = makes[i]();
        FrostPhase phases[FROST_PHASES_MAX];
        unsigned count = frost_phases_of(record, phases);
        int64_t cursor_us = 0;

        assert_true(count > 0);
        for (unsigned at = 0; at < count; at++) {
            assert_true(phases[at].begin_us >= cursor_us);
            assert_true(phases[at].end_us >= phases[at].begin_us);
            cursor_us = phases[at].end_us;
        }
    }
}

static FrostRecord *
window(int64_t begun_us, int64_t frozen_us, int64_t thaw_us, int64_t thawed_us)
{
    FrostRecord *record = frost_record_new();

    record->freeze_begun_us = begun_us;
    record->frozen_us = frozen_us;
    record->thaw_begun_us = thaw_us;
    record->thawed_us = thawed_us;
    return record;
}

static void
a_bar_has_its_parts_where_they_were(void **state)
{
    static const struct {
        FrostRecordFs fs;
        const char *bar;
    } rows[] = {
        {{.freeze_begun_us = 0, .frozen_us = 80, .thaw_begun_us = 1000, .thawed_us = 1800},
         ">>>>>>>>########<<<<<<<<"},
        {{.freeze_begun_us = 40, .frozen_us = 60, .thaw_begun_us = 1200, .thawed_us = 1400},
         "    >>############<<"},
        {{.freeze_begun_us = 0, .frozen_us = 0, .thaw_begun_us = 1800, .thawed_us = 1800},
         ">######################<"},
        {{.freeze_begun_us = 70, .frozen_us = -1, .thaw_begun_us = -1, .thawed_us = -1},
         "       !"},
        {{.freeze_begun_us = 70,
          .frozen_us = -1,
          .thaw_begun_us = -1,
          .thawed_us = -1,
          .outcome = FROST_OUTCOME_STUCK},
         "       >>>>>>>>>>>>>>>>>"},
        {{.freeze_begun_us = 0, .frozen_us = 80, .thaw_begun_us = -1, .thawed_us = -1},
         ">>>>>>>>################"},
        {{.freeze_begun_us = 0, .frozen_us = 80, .thaw_begun_us = 1000, .thawed_us = -1},
         ">>>>>>>>########<<<<<<<<"},
        {{.freeze_begun_us = -1, .frozen_us = -1, .thaw_begun_us = -1, .thawed_us = -1}, ""},
    };
    g_autoptr(FrostRecord) record = window(0, 80, 1000, 1800);
    FrostBarScale scale = frost_bar_scale(record);

    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *bar = frost_bar_draw(&scale, &rows[i].fs);

        assert_string_equal(bar, rows[i].bar);
    }
}

/* Any times whatever: the table has no room for more. */
static void
a_bar_is_never_longer_than_its_place(void **state)
{
    static const int64_t times[] = {-1, 0, 1, 80, 1000000000000000};
    const unsigned n = G_N_ELEMENTS(times);

    for (unsigned i = 0; i < n * n * n * n; i++) {
        g_autoptr(FrostRecord) record =
            window(times[i % n], times[i / n % n], times[i / n / n % n], times[i / n / n / n]);
        FrostBarScale scale = frost_bar_scale(record);

        for (unsigned k = 0; k < n * n * n * n; k += 7) {
            const FrostRecordFs fs = {.freeze_begun_us = times[k % n],
                                      .frozen_us = times[k / n % n],
                                      .thaw_begun_us = times[k / n / n % n],
                                      .thawed_us = times[k / n / n / n]};
            g_autofree char *bar = frost_bar_draw(&scale, &fs);

            assert_true(strlen(bar) <= FROST_BAR_COLUMNS);
            assert_true((strlen(bar) > 0) == (fs.freeze_begun_us >= 0));
        }
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_freeze_has_the_phases_it_went_through),
        cmocka_unit_test(phases_never_overlap),
        cmocka_unit_test(a_bar_has_its_parts_where_they_were),
        cmocka_unit_test(a_bar_is_never_longer_than_its_place),
    };

    return cmocka_run_group_tests_name("phases", tests, NULL, NULL);
}
