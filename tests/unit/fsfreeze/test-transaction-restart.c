/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "transaction-fixture.h"

/* Restarts ------------------------------------------------------------------------------------- */

/* Agent and freezer are killed; a new agent comes. */
static void
restart(Fixture *f)
{
    /* What it was waiting for does not come: nobody answers for the dead. */
    frost_transaction_free(f->transaction);
    fake_hooks_forget(f->hooks);
    fake_freezer_free(f->freezer);
    f->freezer = fake_freezer_new();
    g_string_truncate(f->told, 0);
    settle();
    open_transaction(f);
    settle();
}

static void
a_restart_finds_what_was_left_frozen_and_can_thaw_it(void **state)
{
    Fixture *f = *state;

    drive(f, STAGE_FROZEN);
    restart(f);
    assert_true(frost_transaction_is_frozen(f->transaction));
    assert_string_equal(f->told->str, "F");
    complete(f);
    assert_string_equal(fake_freezer_journal(f->freezer), "adopt");
    assert_int_equal(fake_sys_open_fds(f->fake), 2);

    ask_thaw(f);
    complete(f);
    assert_int_equal(f->thaw.times, 1);
    assert_no_error(f->thaw.error);
    assert_int_equal(f->thaw.count, 2);
    assert_string_equal(fake_freezer_journal(f->freezer), "adopt thaw finish");
    assert_string_equal(fake_hooks_journal(f->hooks), "freeze thaw");
    assert_all_undone(f);
    cycle(f);
}

static void
requests_that_meet_an_adoption_wait_for_it(void **state)
{
    Fixture *f = *state;

    drive(f, STAGE_FROZEN);
    forget(&f->freeze);
    restart(f);
    ask_freeze(f, NULL);
    ask_thaw(f);
    assert_int_equal(f->thaw.times, 0);
    complete(f);

    assert_int_equal(f->freeze.times, 1);
    assert_error(f->freeze.error, FROST_TRANSACTION_ERROR, FROST_TRANSACTION_ERROR_STATE,
                 "already frozen");
    assert_int_equal(f->thaw.times, 1);
    assert_int_equal(f->thaw.count, 2);
    assert_all_undone(f);
}

static void
a_release_that_meets_an_adoption_waits_for_it_and_thaws(void **state)
{
    Fixture *f = *state;

    drive(f, STAGE_FROZEN);
    restart(f);
    ask_release(f);
    assert_int_equal(f->release.times, 0);
    complete(f);

    assert_int_equal(f->release.times, 1);
    assert_int_equal(f->release.count, 2);
    assert_all_undone(f);
}

static void
an_adoption_that_fails_is_tried_again_with_each_thaw(void **state)
{
    Fixture *f = *state;
    GLogLevelFlags fatal = g_log_set_always_fatal(G_LOG_LEVEL_ERROR);

    drive(f, STAGE_FROZEN);
    restart(f);
    ask_thaw(f);
    say(f, FROST_FREEZER_FAILED, 0, "cannot start");
    assert_int_equal(f->thaw.times, 1);
    assert_non_null(f->thaw.error);
    assert_true(frost_transaction_is_frozen(f->transaction));

    ask_release(f);
    say(f, FROST_FREEZER_FAILED, 0, "cannot start");
    assert_int_equal(f->release.times, 1);
    assert_non_null(f->release.error);

    ask_thaw(f);
    complete(f);
    assert_int_equal(f->thaw.times, 2);
    assert_no_error(f->thaw.error);
    assert_int_equal(f->thaw.count, 2);
    assert_all_undone(f);
    g_log_set_always_fatal(fatal);
}

static void
what_cannot_be_reached_any_more_does_not_hinder_the_rest(void **state)
{
    Fixture *f = *state;
    GLogLevelFlags fatal = g_log_set_always_fatal(G_LOG_LEVEL_ERROR);

    drive(f, STAGE_FROZEN);
    fake_sys_umount(f->fake, "/srv");
    restart(f);
    complete(f);
    assert_int_equal(fake_sys_open_fds(f->fake), 1);
    ask_thaw(f);
    complete(f);

    assert_int_equal(f->thaw.times, 1);
    g_log_set_always_fatal(fatal);
}

static void
a_restart_undoes_a_hook_that_was_owed(void **state)
{
    Fixture *f = *state;

    drive(f, STAGE_RESYNCING);
    restart(f);

    assert_false(frost_transaction_is_frozen(f->transaction));
    assert_true(fake_hooks_run(f->hooks));
    ask_thaw(f);
    assert_int_equal(f->thaw.times, 0);
    complete(f);
    assert_int_equal(f->thaw.times, 1);
    assert_int_equal(f->thaw.count, 0);
    assert_string_equal(fake_hooks_journal(f->hooks), "freeze thaw");
    assert_string_equal(fake_freezer_journal(f->freezer), "");
    assert_all_undone(f);
}

static void
a_restart_from_any_state_ends_with_all_undone(void **state)
{
    for (unsigned stage = STAGE_THAWED; stage < STAGES; stage++) {
        Fixture *f;

        set_up((void **)&f);
        drive(f, stage);
        restart(f);
        forget(&f->thaw);
        ask_thaw(f);
        complete(f);

        const char *hooks = fake_hooks_journal(f->hooks);
        assert_int_equal(f->thaw.times, 1);
        assert_int_equal(count_words(hooks, "freeze"), stage >= STAGE_HOOKS ? 1 : 0);
        /* One that was interrupted by the death is run again. */
        assert_int_equal(count_words(hooks, "thaw"), stage == STAGE_UNDOING ? 2
                                                     : stage >= STAGE_HOOKS ? 1
                                                                            : 0);
        assert_all_undone(f);
        cycle(f);
        tear_down((void **)&f);
    }
}

#define LIMIT_MS 10000

/* Elsewhere ------------------------------------------------------------------------------------ */

/* An earlier agent was killed; its freezer still has the ledger. */
static FrostLedger *
hold_elsewhere(Fixture *f)
{
    FrostLedger *holder;

    frost_transaction_free(g_steal_pointer(&f->transaction));
    holder = frost_ledger_open(f->dir, NULL);
    assert_non_null(holder);
    open_transaction(f);
    settle();
    return holder;
}

static void
what_another_holds_is_frozen_until_it_is_done(void **state)
{
    Fixture *f = *state;
    FrostLedger *holder = hold_elsewhere(f);

    assert_true(frost_transaction_is_frozen(f->transaction));
    ask_thaw(f);
    assert_int_equal(f->thaw.times, 0);
    frost_ledger_free(holder);
    test_run_until(&f->thaw.came, LIMIT_MS);

    assert_int_equal(f->thaw.times, 1);
    assert_int_equal(f->thaw.count, 0);
    assert_string_equal(fake_freezer_journal(f->freezer), "");
    assert_string_equal(f->told->str, "FT");
    assert_all_undone(f);
    cycle(f);
}

static void
what_another_leaves_behind_is_taken_over(void **state)
{
    Fixture *f = *state;

    drive(f, STAGE_FROZEN);
    restart(f);
    complete(f);
    /* As if that one were the freezer of an agent that is gone, and were killed too. */
    frost_transaction_free(g_steal_pointer(&f->transaction));
    fake_freezer_free(f->freezer);
    f->freezer = fake_freezer_new();
    FrostLedger *holder = frost_ledger_open(f->dir, NULL);
    g_string_truncate(f->told, 0);
    open_transaction(f);
    ask_thaw(f);
    frost_ledger_free(holder);
    while (strcmp(fake_freezer_last(f->freezer), "adopt") != 0)
        g_main_context_iteration(NULL, TRUE);
    complete(f);

    assert_int_equal(f->thaw.times, 1);
    assert_int_equal(f->thaw.count, 2);
    assert_string_equal(f->told->str, "FT");
    assert_all_undone(f);
}

static void
a_release_does_not_wait_for_another(void **state)
{
    Fixture *f = *state;
    FrostLedger *holder = hold_elsewhere(f);

    ask_freeze(f, NULL);
    ask_thaw(f);
    ask_release(f);

    assert_int_equal(f->release.times, 1);
    assert_int_equal(f->thaw.times, 1);
    assert_int_equal(f->freeze.times, 1);
    assert_non_null(f->freeze.error);
    assert_string_equal(fake_freezer_journal(f->freezer), "");
    frost_ledger_free(holder);
}

static void
a_freeze_that_meets_a_late_freezer_is_refused(void **state)
{
    Fixture *f = *state;
    FrostLedger *holder = frost_ledger_open(f->dir, NULL);

    ask_freeze(f, NULL);

    assert_int_equal(f->freeze.times, 1);
    assert_error(f->freeze.error, FROST_LEDGER_ERROR, FROST_LEDGER_ERROR_HELD, "earlier freeze");
    assert_string_equal(fake_hooks_journal(f->hooks), "");
    frost_ledger_free(holder);
    cycle(f);
}

/* No descriptor is left, for the ledger file or for one in memory. */
static void
without_room_for_a_ledger_a_freeze_is_an_error_and_the_agent_goes_on(void **state)
{
    Fixture *f = *state;
    GLogLevelFlags fatal = g_log_set_always_fatal(G_LOG_LEVEL_ERROR);
    struct rlimit before;

    test_use_up_descriptors(&before);
    restart(f);
    assert_false(frost_transaction_is_frozen(f->transaction));
    ask_freeze(f, NULL);
    setrlimit(RLIMIT_NOFILE, &before);

    assert_int_equal(f->freeze.times, 1);
    assert_error(f->freeze.error, FROST_LEDGER_ERROR, FROST_LEDGER_ERROR_IO, "no memory");
    assert_string_equal(fake_freezer_journal(f->freezer), "");
    assert_string_equal(fake_hooks_journal(f->hooks), "");
    cycle(f);
    g_log_set_always_fatal(fatal);
}

int
main(void)
{
#define FIXTURE_TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        FIXTURE_TEST(a_restart_finds_what_was_left_frozen_and_can_thaw_it),
        FIXTURE_TEST(requests_that_meet_an_adoption_wait_for_it),
        FIXTURE_TEST(a_release_that_meets_an_adoption_waits_for_it_and_thaws),
        FIXTURE_TEST(an_adoption_that_fails_is_tried_again_with_each_thaw),
        FIXTURE_TEST(what_cannot_be_reached_any_more_does_not_hinder_the_rest),
        FIXTURE_TEST(a_restart_undoes_a_hook_that_was_owed),
        cmocka_unit_test(a_restart_from_any_state_ends_with_all_undone),
        /* Before those whose threads outlive them: one may close a descriptor in it. */
        FIXTURE_TEST(without_room_for_a_ledger_a_freeze_is_an_error_and_the_agent_goes_on),
        FIXTURE_TEST(what_another_holds_is_frozen_until_it_is_done),
        FIXTURE_TEST(what_another_leaves_behind_is_taken_over),
        FIXTURE_TEST(a_release_does_not_wait_for_another),
        FIXTURE_TEST(a_freeze_that_meets_a_late_freezer_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
