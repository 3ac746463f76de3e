/* SPDX-License-Identifier: MIT */
#include <errno.h>

#include "transaction-fixture.h"

#include "ledger.h"

static void
a_restart_finds_what_was_left_frozen_and_can_thaw_it(void **state)
{
    Fixture *f = *state;

    drive(f, STAGE_FROZEN);
    restart(f);
    assert_true(frost_transaction_is_frozen(f->transaction));
    assert_string_equal(f->told->str, "F");
    complete(f);
    assert_string_equal(fake_supervisor_journal(f->freezer), "adopt");
    assert_int_equal(fake_sys_open_fds(f->fake), 2);

    ask_thaw(f);
    complete(f);
    assert_int_equal(f->thaw.times, 1);
    assert_no_error(f->thaw.error);
    assert_int_equal(f->thaw.count, 2);
    assert_string_equal(fake_supervisor_journal(f->freezer), "adopt thaw finish");
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

/* Its freezer could not begin; a rescuer could, and found that nothing was frozen. */
static void
an_adoption_that_fails_when_nothing_is_held_any_more_is_the_end_of_the_freeze(void **state)
{
    Fixture *f = *state;

    drive(f, STAGE_FROZEN);
    restart(f);
    FrostLedgerData *data = fake_supervisor_ledger(f->freezer)->data;
    for (uint32_t i = 0; i < atomic_load(&data->count); i++)
        atomic_store(&data->filesystems[i].state, FROST_FS_LOST);
    ask_thaw(f);
    say(f, FROST_FREEZER_FAILED, 0, "it ended before it was ready");
    assert_false(frost_transaction_is_frozen(f->transaction));
    complete(f);
    assert_int_equal(f->thaw.times, 1);
    assert_string_equal(fake_hooks_journal(f->hooks), "freeze thaw");
    assert_all_undone(f);
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

/* The freezer that was started without it cannot thaw it: another one is. */
static void
what_was_out_of_reach_is_looked_for_again_by_the_thaw(void **state)
{
    Fixture *f = *state;
    GLogLevelFlags fatal = g_log_set_always_fatal(G_LOG_LEVEL_ERROR);

    drive(f, STAGE_FROZEN);
    fake_sys_fail(f->fake, f->srv, FAKE_OPEN, 1, EMFILE);
    restart(f);
    complete(f);
    assert_string_equal(fake_supervisor_journal(f->freezer), "adopt");
    assert_int_equal(fake_sys_open_fds(f->fake), 1);

    ask_thaw(f);
    complete(f);
    assert_string_equal(fake_supervisor_journal(f->freezer), "adopt adopt thaw finish");
    assert_int_equal(f->thaw.times, 1);
    assert_no_error(f->thaw.error);
    assert_int_equal(f->thaw.count, 2);
    assert_all_undone(f);
    g_log_set_always_fatal(fatal);
}

static void
what_is_still_out_of_reach_is_looked_for_once_for_each_thaw(void **state)
{
    Fixture *f = *state;
    GLogLevelFlags fatal = g_log_set_always_fatal(G_LOG_LEVEL_ERROR);

    drive(f, STAGE_FROZEN);
    fake_sys_fail(f->fake, f->srv, FAKE_OPEN, 1, EMFILE);
    restart(f);
    complete(f);
    fake_sys_fail(f->fake, f->srv, FAKE_OPEN, 1, EMFILE);
    ask_thaw(f);
    go_on(f);
    assert_string_equal(fake_supervisor_journal(f->freezer), "adopt adopt thaw");
    complete(f);
    g_log_set_always_fatal(fatal);
}

/* Below a mount whose server is gone. */
static void
the_agent_is_awake_while_it_looks_for_what_was_left_frozen(void **state)
{
    Fixture *f = *state;
    GLogLevelFlags fatal = g_log_set_always_fatal(G_LOG_LEVEL_ERROR);

    drive(f, STAGE_FROZEN);
    f->planner->hangs = true;
    restart(f);
    ask_thaw(f);
    assert_true(frost_transaction_is_frozen(f->transaction));
    assert_string_equal(fake_supervisor_journal(f->freezer), "");
    assert_int_equal(f->thaw.times, 0);
    f->planner->hangs = false;
    fake_planner_come_back(f->planner, g_error_new(FROST_PLANNER_ERROR, 0, "it hangs"));
    complete(f);
    assert_int_equal(f->thaw.times, 1);
    g_log_set_always_fatal(fatal);
}

static void
an_agent_may_end_while_it_looks_for_what_was_left_frozen(void **state)
{
    Fixture *f = *state;

    drive(f, STAGE_FROZEN);
    f->planner->hangs = true;
    restart(f);
    f->planner->hangs = false;
    restart(f);
    ask_thaw(f);
    complete(f);
    assert_int_equal(f->thaw.count, 2);
    assert_all_undone(f);
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
    assert_string_equal(fake_supervisor_journal(f->freezer), "");
    assert_all_undone(f);
}

/* The agent that found it was killed before it could answer. */
static void
what_another_program_had_thawed_is_told_by_the_next_agent(void **state)
{
    Fixture *f = *state;

    drive(f, STAGE_THAWING);
    FrostLedgerData *data = fake_supervisor_ledger(f->freezer)->data;
    for (uint32_t i = 0; i < atomic_load(&data->count); i++)
        atomic_store(&data->filesystems[i].state, i == 0 ? FROST_FS_LOST : FROST_FS_THAWED);
    atomic_store(&data->frozen_us, 1);
    restart(f);
    forget(&f->thaw);
    ask_thaw(f);
    complete(f);
    assert_error(f->thaw.error, FROST_TRANSACTION_ERROR, FROST_TRANSACTION_ERROR_NOT_HELD,
                 "somebody else thawed a filesystem");
    ask_thaw(f);
    assert_no_error(f->thaw.error);
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
    assert_error(f->freeze.error, FROST_LEDGER_ERROR, FROST_LEDGER_ERROR_IO, "Too many open files");
    assert_string_equal(fake_supervisor_journal(f->freezer), "");
    assert_string_equal(fake_hooks_journal(f->hooks), "");
    cycle(f);
    g_log_set_always_fatal(fatal);
}

static void
hooks_that_could_not_be_known_at_the_start_are_undone_before_the_next_freeze(void **state)
{
    Fixture *f = *state;
    GLogLevelFlags fatal = g_log_set_always_fatal(G_LOG_LEVEL_ERROR);
    struct rlimit before;

    drive(f, STAGE_RESYNCING);
    forget(&f->freeze);
    test_use_up_descriptors(&before);
    restart(f);
    setrlimit(RLIMIT_NOFILE, &before);
    assert_string_equal(fake_hooks_journal(f->hooks), "freeze");

    ask_freeze(f, NULL);
    assert_string_equal(fake_hooks_journal(f->hooks), "freeze thaw");
    assert_string_equal(fake_supervisor_journal(f->freezer), "");
    complete(f);
    assert_int_equal(f->freeze.times, 1);
    assert_int_equal(f->freeze.count, 2);
    ask_thaw(f);
    complete(f);
    assert_string_equal(fake_hooks_journal(f->hooks), "freeze thaw freeze thaw");
    assert_all_undone(f);
    g_log_set_always_fatal(fatal);
}

/* Only for a moment: nobody has frozen anything as far as the agent knows, until somebody asks. */
static void
restart_blind(Fixture *f)
{
    struct rlimit before;

    test_use_up_descriptors(&before);
    restart(f);
    setrlimit(RLIMIT_NOFILE, &before);
    assert_string_equal(f->told->str, "");
}

static void
what_could_not_be_known_at_the_start_is_told_to_who_asks_for_the_status(void **state)
{
    Fixture *f = *state;
    GLogLevelFlags fatal = g_log_set_always_fatal(G_LOG_LEVEL_ERROR);

    drive(f, STAGE_FROZEN);
    restart_blind(f);
    assert_true(frost_transaction_is_frozen(f->transaction));
    ask_thaw(f);
    complete(f);
    assert_int_equal(f->thaw.count, 2);
    assert_all_undone(f);
    g_log_set_always_fatal(fatal);
}

static void
what_could_not_be_known_at_the_start_is_thawed_for_who_asks(void **state)
{
    Fixture *f = *state;
    GLogLevelFlags fatal = g_log_set_always_fatal(G_LOG_LEVEL_ERROR);

    drive(f, STAGE_FROZEN);
    restart_blind(f);
    ask_thaw(f);
    complete(f);
    assert_int_equal(f->thaw.times, 1);
    assert_no_error(f->thaw.error);
    assert_int_equal(f->thaw.count, 2);
    assert_string_equal(fake_hooks_journal(f->hooks), "freeze thaw");
    assert_all_undone(f);
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
        FIXTURE_TEST(an_adoption_that_fails_when_nothing_is_held_any_more_is_the_end_of_the_freeze),
        FIXTURE_TEST(what_cannot_be_reached_any_more_does_not_hinder_the_rest),
        FIXTURE_TEST(what_was_out_of_reach_is_looked_for_again_by_the_thaw),
        FIXTURE_TEST(what_is_still_out_of_reach_is_looked_for_once_for_each_thaw),
        FIXTURE_TEST(the_agent_is_awake_while_it_looks_for_what_was_left_frozen),
        FIXTURE_TEST(an_agent_may_end_while_it_looks_for_what_was_left_frozen),
        FIXTURE_TEST(a_restart_undoes_a_hook_that_was_owed),
        FIXTURE_TEST(what_another_program_had_thawed_is_told_by_the_next_agent),
        cmocka_unit_test(a_restart_from_any_state_ends_with_all_undone),
        FIXTURE_TEST(without_room_for_a_ledger_a_freeze_is_an_error_and_the_agent_goes_on),
        FIXTURE_TEST(hooks_that_could_not_be_known_at_the_start_are_undone_before_the_next_freeze),
        FIXTURE_TEST(what_could_not_be_known_at_the_start_is_told_to_who_asks_for_the_status),
        FIXTURE_TEST(what_could_not_be_known_at_the_start_is_thawed_for_who_asks),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
