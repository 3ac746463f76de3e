/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "freezes.h"
#include "golden.h"
#include "history-text.h"
#include "history.h"
#include "metrics.h"
#include "test-support.h"

static void
assert_printed(const char *file, FrostRecord *(*const *freezes)(void), size_t count, bool frozen)
{
    g_autoptr(FrostTotals) totals = frost_totals_new();
    g_autoptr(FrostRecord) last = NULL;

    for (size_t i = 0; i < count; i++) {
        frost_record_free(last);
        last = freezes[i]();
        frost_totals_count(totals, last);
    }
    g_autofree char *text = frost_metrics_print(totals, last, frozen);
    assert_golden(file, text);
}

static void
without_a_freeze_there_are_zeros(void **state)
{
    assert_printed("metrics/none.prom", NULL, 0, false);
}

static void
freezes_are_counted_by_their_end_and_the_last_is_described(void **state)
{
    static FrostRecord *(*const freezes[])(void) = {freeze_failed_hook, freeze_deadline,
                                                    freeze_normal};

    assert_printed("metrics/three.prom", freezes, G_N_ELEMENTS(freezes), true);
}

static void
names_that_would_break_a_line_are_escaped(void **state)
{
    static FrostRecord *(*const freezes[])(void) = {freeze_hostile};

    assert_printed("metrics/hostile.prom", freezes, 1, false);
}

static void
what_was_counted_comes_back_from_the_history(void **state)
{
    char *dir = test_make_dir();
    g_autoptr(FrostRecord) failed = freeze_failed_hook();
    g_autoptr(FrostRecord) normal = freeze_normal();
    g_autoptr(FrostTotals) totals = NULL;

    for (int i = 0; i < 12; i++) /* more than the records that are kept */
        assert_true(frost_history_add(dir, i % 2 ? normal : failed, NULL));
    g_autoptr(GPtrArray) records = frost_history_load_all(dir, &totals, NULL);

    assert_int_equal(records->len, FROST_HISTORY_LENGTH);
    assert_int_equal(totals->ends[normal->end], 6);
    assert_int_equal(totals->ends[failed->end], 6);
    assert_true(totals->last_good_real_us == normal->began_real_us + normal->thawed_us);
    assert_true(totals->hooks->len > 0);
    test_remove_dir(dir);
}

static void
counts_that_make_no_sense_are_nothing(void **state)
{
    static const char *const texts[] = {"7", "{\"ends\": []}",
                                        "{\"ends\": {\"host\": -1, \"failed\": \"x\"}}",
                                        "{\"hook_failures\": {\"a\": {}}, \"last_good_us\": -5}"};

    for (size_t i = 0; i < G_N_ELEMENTS(texts); i++) {
        g_autoptr(QgaValue) value = qga_value_parse(texts[i], strlen(texts[i]));
        g_autoptr(FrostTotals) totals = frost_totals_from_value(value);

        assert_int_equal(totals->ends[FROST_END_HOST], 0);
        assert_int_equal(totals->ends[FROST_END_FAILED], 0);
        assert_true(totals->last_good_real_us == 0);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_a_freeze_there_are_zeros),
        cmocka_unit_test(freezes_are_counted_by_their_end_and_the_last_is_described),
        cmocka_unit_test(names_that_would_break_a_line_are_escaped),
        cmocka_unit_test(what_was_counted_comes_back_from_the_history),
        cmocka_unit_test(counts_that_make_no_sense_are_nothing),
    };

    return cmocka_run_group_tests_name("metrics", tests, NULL, NULL);
}
