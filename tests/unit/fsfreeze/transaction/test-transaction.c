/* SPDX-License-Identifier: MIT */
#include <errno.h>

#include "transaction-fixture.h"

/* The way there and back ----------------------------------------------------------------------- */

static void
a_freeze_and_its_thaw_go_through_every_state(void **state)
{
    Fixture *f = *state;

    drive(f, STAGE_FROZEN);
    assert_int_equal(f->freeze.times, 1);
    assert_int_equal(f->freeze.count, 2);
    assert_string_equal(fake_supervisor_journal(f->freezer), "start sync sync freeze");
    assert_string_equal(fake_hooks_journal(f->hooks), "freeze");
    assert_string_equal(f->told->str, "F");

    ask_thaw(f);
    assert_int_equal(f->thaw.times, 0);
    complete(f);
    assert_int_equal(f->thaw.times, 1);
    assert_no_error(f->thaw.error);
    assert_int_equal(f->thaw.count, 2);
    assert_string_equal(fake_supervisor_journal(f->freezer), "start sync sync freeze thaw finish");
    assert_string_equal(fake_hooks_journal(f->hooks), "freeze thaw");
    assert_string_equal(f->told->str, "FT");
    assert_all_undone(f);
}

static void
it_is_told_frozen_just_before_anything_can_be(void **state)
{
    Fixture *f = *state;

    drive(f, STAGE_RESYNCING);
    assert_false(frost_transaction_is_frozen(f->transaction));
    go_on(f);
    assert_string_equal(fake_supervisor_last(f->freezer), "freeze");
    assert_true(frost_transaction_is_frozen(f->transaction));
    complete(f);
    ask_thaw(f);
    assert_true(frost_transaction_is_frozen(f->transaction));
    complete(f);
}

static void
one_cycle_follows_another(void **state)
{
    Fixture *f = *state;

    for (unsigned i = 0; i < 3; i++)
        cycle(f);
    assert_all_undone(f);
}

static void
a_list_freezes_what_is_named(void **state)
{
    Fixture *f = *state;

    ask_freeze(f, (const char *[]){"/srv", "/not/there", NULL});
    assert_int_equal(fake_sys_opened(f->fake, "/"), 0);
    go_on(f);
    go_on(f);
    go_on(f);
    go_on(f);
    say(f, FROST_FREEZER_FROZEN, 1, NULL);

    assert_int_equal(f->freeze.count, 1);
    ask_thaw(f);
    complete(f);
}

/* The contract ----------------------------------------------------------------------------------
 */

static void
a_thaw_when_thawed_is_0_and_touches_nothing(void **state)
{
    Fixture *f = *state;

    ask_thaw(f);

    assert_int_equal(f->thaw.times, 1);
    assert_no_error(f->thaw.error);
    assert_int_equal(f->thaw.count, 0);
    assert_string_equal(fake_supervisor_journal(f->freezer), "");
    assert_string_equal(fake_hooks_journal(f->hooks), "");
    assert_int_equal(fake_sys_opened(f->fake, "/"), 0);
    assert_string_equal(f->told->str, "");
}

static void
a_thaw_after_a_failed_freeze_is_0_and_runs_no_hook_again(void **state)
{
    Fixture *f = *state;

    drive(f, STAGE_FREEZING);
    say(f, FROST_FREEZER_FAILED, 0, "failed to freeze /srv: Input/output error");
    complete(f);
    ask_thaw(f);

    assert_no_error(f->thaw.error);
    assert_int_equal(f->thaw.count, 0);
    assert_string_equal(fake_hooks_journal(f->hooks), "freeze thaw");
}

static void
nothing_frozen_is_0_thawed_and_undone(void **state)
{
    Fixture *f = *state;

    drive(f, STAGE_FREEZING);
    say(f, FROST_FREEZER_FROZEN, 0, NULL);
    assert_int_equal(f->freeze.times, 0);
    complete(f);

    assert_int_equal(f->freeze.times, 1);
    assert_no_error(f->freeze.error);
    assert_int_equal(f->freeze.count, 0);
    assert_string_equal(f->freeze.hooks, "freeze thaw");
    assert_string_equal(f->told->str, "FT");
    assert_all_undone(f);
}

static void
reopen_as(Fixture *f, FrostPlanMode mode)
{
    frost_transaction_free(f->transaction);
    f->mode = mode;
    open_transaction(f);
    g_string_truncate(f->told, 0);
}

static void
switched_off_a_freeze_is_0_at_once_and_touches_nothing(void **state)
{
    Fixture *f = *state;

    reopen_as(f, FROST_PLAN_OFF);
    ask_freeze(f, NULL);

    assert_int_equal(f->freeze.times, 1);
    assert_no_error(f->freeze.error);
    assert_int_equal(f->freeze.count, 0);
    assert_string_equal(fake_supervisor_journal(f->freezer), "");
    assert_string_equal(fake_hooks_journal(f->hooks), "");
    assert_int_equal(fake_sys_opened(f->fake, "/"), 0);
    assert_string_equal(f->told->str, "");
    ask_thaw(f);
    assert_int_equal(f->thaw.count, 0);
}

static void
when_only_syncing_hooks_run_and_nothing_is_frozen(void **state)
{
    Fixture *f = *state;

    reopen_as(f, FROST_PLAN_SYNC);
    drive(f, STAGE_FREEZING);
    say(f, FROST_FREEZER_FROZEN, 0, NULL);
    complete(f);

    assert_no_error(f->freeze.error);
    assert_int_equal(f->freeze.count, 0);
    assert_string_equal(f->freeze.hooks, "freeze thaw");
    assert_int_equal(fake_sys_frozen(f->fake), 0);
    assert_all_undone(f);
}

static void
an_error_is_answered_when_all_is_undone(void **state)
{
    Fixture *f = *state;

    drive(f, STAGE_FREEZING);
    say(f, FROST_FREEZER_FAILED, 0, "failed to freeze /srv: Input/output error");
    assert_int_equal(f->freeze.times, 0);
    complete(f);

    assert_int_equal(f->freeze.times, 1);
    assert_non_null(f->freeze.error);
    assert_string_equal(f->freeze.error->message, "failed to freeze /srv: Input/output error");
    assert_string_equal(f->freeze.hooks, "freeze thaw");
    assert_all_undone(f);
}

static void
a_second_freeze_is_refused_and_changes_nothing(void **state)
{
    Fixture *f = *state;

    drive(f, STAGE_FROZEN);
    forget(&f->freeze);
    ask_freeze(f, NULL);

    assert_int_equal(f->freeze.times, 1);
    assert_error(f->freeze.error, FROST_TRANSACTION_ERROR, FROST_TRANSACTION_ERROR_STATE,
                 "already frozen");
    assert_string_equal(fake_supervisor_journal(f->freezer), "start sync sync freeze");
    assert_true(frost_transaction_is_frozen(f->transaction));
    ask_thaw(f);
    complete(f);
    assert_int_equal(f->thaw.count, 2);
    assert_false(f->bad);
}

static void
a_hook_that_fails_is_the_answer_and_is_undone(void **state)
{
    Fixture *f = *state;

    drive(f, STAGE_HOOKS);
    end_hook(f, "the database says no");
    complete(f);

    assert_int_equal(f->freeze.times, 1);
    assert_string_equal(f->freeze.error->message, "the database says no");
    assert_string_equal(fake_supervisor_journal(f->freezer), "start sync finish");
    assert_string_equal(fake_hooks_journal(f->hooks), "freeze thaw");
    assert_string_equal(f->told->str, "");
    assert_all_undone(f);
}

static void
a_thaw_hook_that_fails_does_not_spoil_the_answer(void **state)
{
    Fixture *f = *state;

    drive(f, STAGE_UNDOING);
    end_hook(f, "cannot unlock");
    complete(f);

    assert_no_error(f->thaw.error);
    assert_int_equal(f->thaw.count, 2);
    assert_all_undone(f);
}

static void
a_thaw_that_was_not_whole_is_told_and_the_hook_undone(void **state)
{
    Fixture *f = *state;

    drive(f, STAGE_THAWING);
    say(f, FROST_FREEZER_THAWED, 1, "/srv did not stay frozen");
    complete(f);

    assert_int_equal(f->thaw.times, 1);
    assert_string_equal(f->thaw.error->message, "/srv did not stay frozen");
    assert_string_equal(fake_hooks_journal(f->hooks), "freeze thaw");
    assert_all_undone(f);
}

static void
a_plan_that_cannot_be_made_begins_nothing(void **state)
{
    Fixture *f = *state;

    fake_sys_fail_path(f->fake, "/proc/self/mountinfo", EACCES);
    ask_freeze(f, NULL);

    assert_int_equal(f->freeze.times, 1);
    assert_error(f->freeze.error, FROST_PLAN_ERROR, FROST_PLAN_ERROR_MOUNTINFO, "");
    assert_string_equal(fake_supervisor_journal(f->freezer), "");
    assert_string_equal(fake_hooks_journal(f->hooks), "");
    assert_string_equal(f->told->str, "");
    assert_all_undone(f);
}

static void
requests_that_meet_an_undo_wait_in_their_order(void **state)
{
    Fixture *f = *state;

    drive(f, STAGE_UNDOING);
    forget(&f->freeze);
    ask_freeze(f, NULL);
    assert_int_equal(f->freeze.times, 0);
    assert_int_equal(f->thaw.times, 0);
    complete(f);

    assert_int_equal(f->thaw.times, 1);
    assert_int_equal(f->thaw.count, 2);
    assert_int_equal(f->freeze.times, 1);
    assert_int_equal(f->freeze.count, 2);
    assert_string_equal(fake_hooks_journal(f->hooks), "freeze thaw freeze");
    ask_thaw(f);
    complete(f);
    assert_all_undone(f);
}

static void
many_requests_have_one_answer_each(void **state)
{
    Fixture *f = *state;

    drive(f, STAGE_SYNCING);
    ask_thaw(f);
    ask_thaw(f);
    ask_freeze(f, NULL);
    ask_freeze(f, NULL);
    ask_thaw(f);
    complete(f);

    assert_int_equal(f->freeze.times, 3);
    assert_int_equal(f->thaw.times, 3);
    assert_all_undone(f);
}

int
main(void)
{
#define FIXTURE_TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        FIXTURE_TEST(a_freeze_and_its_thaw_go_through_every_state),
        FIXTURE_TEST(it_is_told_frozen_just_before_anything_can_be),
        FIXTURE_TEST(one_cycle_follows_another),
        FIXTURE_TEST(a_list_freezes_what_is_named),
        FIXTURE_TEST(a_thaw_when_thawed_is_0_and_touches_nothing),
        FIXTURE_TEST(a_thaw_after_a_failed_freeze_is_0_and_runs_no_hook_again),
        FIXTURE_TEST(nothing_frozen_is_0_thawed_and_undone),
        FIXTURE_TEST(switched_off_a_freeze_is_0_at_once_and_touches_nothing),
        FIXTURE_TEST(when_only_syncing_hooks_run_and_nothing_is_frozen),
        FIXTURE_TEST(an_error_is_answered_when_all_is_undone),
        FIXTURE_TEST(a_second_freeze_is_refused_and_changes_nothing),
        FIXTURE_TEST(a_hook_that_fails_is_the_answer_and_is_undone),
        FIXTURE_TEST(a_thaw_hook_that_fails_does_not_spoil_the_answer),
        FIXTURE_TEST(a_thaw_that_was_not_whole_is_told_and_the_hook_undone),
        FIXTURE_TEST(a_plan_that_cannot_be_made_begins_nothing),
        FIXTURE_TEST(requests_that_meet_an_undo_wait_in_their_order),
        FIXTURE_TEST(many_requests_have_one_answer_each),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
