/* SPDX-License-Identifier: MIT */

/*
 * A freeze that is ended before it is answered: by the host's thaw behind it, by a host that has
 * left, by its budget.
 */
#include <string.h>

#include "transaction-fixture.h"

#define WAIT_MS 20000

static void
give_up(Fixture *f)
{
    f->inside = true;
    frost_transaction_give_up_freeze(f->transaction);
    f->inside = false;
    settle();
}

static void
miss_host(Fixture *f)
{
    f->inside = true;
    frost_transaction_miss_host(f->transaction);
    f->inside = false;
    settle();
}

/* The freeze was answered an error with @part, once, after everything was undone. */
static void
assert_cut_off(Fixture *f, const char *part)
{
    complete(f);
    assert_int_equal(f->freeze.times, 1);
    assert_error(f->freeze.error, FROST_TRANSACTION_ERROR, FROST_TRANSACTION_ERROR_RELEASED, part);
    assert_int_equal(count_words(fake_hooks_journal(f->hooks), "up"),
                     count_words(fake_hooks_journal(f->hooks), "down"));
    assert_all_undone(f);
}

static void
a_freeze_that_the_host_gives_up_is_undone_in_each_state(void **state)
{
    for (unsigned stage = STAGE_PLANNING; stage < STAGE_FROZEN; stage++) {
        Fixture *f;

        set_up((void **)&f);
        drive(f, stage);
        give_up(f);
        ask_thaw(f);
        assert_cut_off(f, "the host has asked for the thaw");
        assert_int_equal(f->thaw.times, 1);
        assert_no_error(f->thaw.error);
        assert_int_equal(f->thaw.count, 0);
        cycle(f);
        tear_down((void **)&f);
    }
}

static void
what_is_frozen_or_being_undone_is_not_given_up(void **state)
{
    for (unsigned stage = STAGE_FROZEN; stage < STAGES; stage++) {
        Fixture *f;

        set_up((void **)&f);
        drive(f, stage);
        give_up(f);
        miss_host(f);
        assert_int_equal(f->freeze.times, 1);
        assert_no_error(f->freeze.error);
        assert_int_equal(f->freeze.count, 2);
        ask_thaw(f);
        complete(f);
        assert_all_undone(f);
        tear_down((void **)&f);
    }
}

static void
a_host_that_has_left_is_not_obeyed_late_but_for_what_is_being_frozen(void **state)
{
    for (unsigned stage = STAGE_PLANNING; stage < STAGE_FREEZING; stage++) {
        Fixture *f;

        set_up((void **)&f);
        drive(f, stage);
        miss_host(f);
        assert_cut_off(f, "has closed the port");
        tear_down((void **)&f);
    }

    Fixture *f;
    set_up((void **)&f);
    drive(f, STAGE_FREEZING);
    miss_host(f);
    go_on(f);
    assert_int_equal(f->freeze.count, 2);
    ask_thaw(f);
    complete(f);
    assert_all_undone(f);
    tear_down((void **)&f);
}

static void
a_freeze_that_waits_for_an_earlier_ones_hooks_is_given_up_without_being_begun(void **state)
{
    Fixture *f = *state;

    drive(f, STAGE_UNDOING);
    forget(&f->freeze);
    ask_freeze(f, NULL);
    give_up(f);
    assert_int_equal(f->freeze.times, 1);
    assert_error(f->freeze.error, FROST_TRANSACTION_ERROR, FROST_TRANSACTION_ERROR_RELEASED,
                 "the host has asked for the thaw");
    complete(f);
    assert_int_equal(f->thaw.count, 2);
    assert_all_undone(f);
}

static void
open_with_budget(Fixture *f)
{
    f->budget_s = 1;
    frost_transaction_free(g_steal_pointer(&f->transaction));
    open_transaction(f);
}

static void
a_freeze_that_takes_longer_than_its_budget_is_undone(void **state)
{
    static const struct {
        Stage stage;
        const char *doing;
    } ROWS[] = {
        {STAGE_PLANNING, "1 seconds, and was looking up mount points"},
        {STAGE_SYNCING, "1 seconds, and was writing out"},
        {STAGE_HOOKS, "1 seconds, and was running its hooks"},
        {STAGE_FREEZING, "1 seconds, and was freezing"},
    };

    for (size_t i = 0; i < G_N_ELEMENTS(ROWS); i++) {
        Fixture *f;

        set_up((void **)&f);
        open_with_budget(f);
        drive(f, ROWS[i].stage);
        while (!f->freeze.came) {
            g_main_context_iteration(NULL, TRUE);
            if (strcmp(fake_supervisor_awaits(f->freezer), "thaw") == 0 ||
                g_str_has_suffix(fake_hooks_journal(f->hooks), "cancel") ||
                g_str_has_suffix(fake_hooks_journal(f->hooks), "down"))
                complete(f);
        }
        assert_cut_off(f, ROWS[i].doing);
        tear_down((void **)&f);
    }
}

static void
the_budget_of_a_freeze_that_was_answered_ends_no_other(void **state)
{
    Fixture *f = *state;
    gint64 begun_us = g_get_monotonic_time();

    open_with_budget(f);
    cycle(f);
    while (g_get_monotonic_time() < begun_us + 900 * 1000)
        g_usleep(10000);
    forget(&f->freeze);
    drive(f, STAGE_HOOKS);
    while (g_get_monotonic_time() < begun_us + 1500 * 1000) {
        settle();
        g_usleep(10000);
    }
    assert_int_equal(f->freeze.times, 0);
    complete(f);
    assert_int_equal(f->freeze.count, 2);
    ask_thaw(f);
    complete(f);
    assert_all_undone(f);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_freeze_that_the_host_gives_up_is_undone_in_each_state),
        cmocka_unit_test(what_is_frozen_or_being_undone_is_not_given_up),
        cmocka_unit_test(a_host_that_has_left_is_not_obeyed_late_but_for_what_is_being_frozen),
        TEST(a_freeze_that_waits_for_an_earlier_ones_hooks_is_given_up_without_being_begun),
        cmocka_unit_test(a_freeze_that_takes_longer_than_its_budget_is_undone),
        TEST(the_budget_of_a_freeze_that_was_answered_ends_no_other),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
