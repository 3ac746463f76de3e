/* SPDX-License-Identifier: MIT */
#include "transaction-fixture.h"

#define WAIT_MS 20000

/* Frozen, thawed, and the thaw side of a hook hangs. */
static void
hang_in_undoing(Fixture *f)
{
    f->thaw_reply_s = 1;
    frost_transaction_free(g_steal_pointer(&f->transaction));
    open_transaction(f);
    drive(f, STAGE_UNDOING);
    assert_true(fake_hooks_run(f->hooks));
    assert_int_equal(f->thaw.times, 0);
    test_run_until(&f->thaw.came, WAIT_MS);
}

static void
a_thaw_is_answered_although_its_hooks_still_run(void **state)
{
    Fixture *f = *state;

    hang_in_undoing(f);
    assert_no_error(f->thaw.error);
    assert_int_equal(f->thaw.count, 2);
    assert_true(fake_hooks_run(f->hooks));
    assert_false(frost_transaction_is_frozen(f->transaction));
    complete(f);

    assert_int_equal(f->thaw.times, 1);
    assert_all_undone(f);
}

static void
another_thaw_meanwhile_is_0_at_once(void **state)
{
    Fixture *f = *state;

    hang_in_undoing(f);
    ask_thaw(f);

    assert_int_equal(f->thaw.times, 2);
    assert_int_equal(f->thaw.count, 0);
    assert_true(fake_hooks_run(f->hooks));
    complete(f);
    assert_all_undone(f);
}

static void
the_next_freeze_waits_until_they_have_ended_and_a_thaw_behind_it_too(void **state)
{
    Fixture *f = *state;

    hang_in_undoing(f);
    assert_int_equal(f->freeze.times, 1);
    ask_freeze(f, NULL);
    ask_thaw(f);
    assert_int_equal(f->freeze.times, 1);
    assert_int_equal(f->thaw.times, 1);
    assert_true(fake_hooks_run(f->hooks));
    complete(f);

    assert_int_equal(f->freeze.times, 2);
    assert_int_equal(f->freeze.count, 2);
    assert_int_equal(f->thaw.times, 2);
    assert_int_equal(f->thaw.count, 2);
    assert_string_equal(fake_hooks_journal(f->hooks), "freeze thaw freeze thaw");
    assert_all_undone(f);
}

static gboolean
on_passed(gpointer user)
{
    bool *passed = user;

    *passed = true;
    return G_SOURCE_REMOVE;
}

/* Longer than a thaw waits for its hooks. */
static void
let_the_reply_time_pass(void)
{
    bool passed = false;

    g_timeout_add(1500, on_passed, &passed);
    test_run_until(&passed, WAIT_MS);
}

static void
a_freeze_that_failed_is_not_answered_before_they_have_ended(void **state)
{
    Fixture *f = *state;

    f->thaw_reply_s = 1;
    frost_transaction_free(g_steal_pointer(&f->transaction));
    open_transaction(f);
    drive(f, STAGE_FREEZING);
    say(f, FROST_FREEZER_FAILED, 0, "cannot freeze /srv");
    ask_thaw(f);
    assert_true(fake_hooks_run(f->hooks));
    let_the_reply_time_pass();
    assert_int_equal(f->freeze.times, 0);
    assert_int_equal(f->thaw.times, 0);
    complete(f);

    assert_int_equal(f->freeze.times, 1);
    assert_string_equal(f->freeze.error->message, "cannot freeze /srv");
    assert_int_equal(f->thaw.times, 1);
    assert_int_equal(f->thaw.count, 0);
    assert_all_undone(f);
}

static FrostLedger *
drive_elsewhere(Fixture *f, Stage stage)
{
    f->thaw_reply_s = 1;
    drive(f, stage);
    forget(&f->thaw);
    return hold_elsewhere(f);
}

static void
a_thaw_does_not_wait_for_the_hooks_of_an_earlier_agent_either(void **state)
{
    Fixture *f = *state;
    FrostLedger *holder = drive_elsewhere(f, STAGE_UNDOING);

    atomic_store(&holder->data->owed, FROST_RELEASE_AGENT_LOST);
    ask_thaw(f);
    assert_int_equal(f->thaw.times, 0);
    test_run_until(&f->thaw.came, WAIT_MS);
    assert_error(f->thaw.error, FROST_TRANSACTION_ERROR, FROST_TRANSACTION_ERROR_NOT_HELD,
                 "the agent was lost");
    assert_int_equal(atomic_load(&holder->data->owed), FROST_RELEASE_NONE);
    ask_thaw(f);
    assert_int_equal(f->thaw.times, 2);
    assert_no_error(f->thaw.error);
    end_elsewhere(f, holder);
}

static void
a_thaw_of_what_an_earlier_agent_cannot_thaw_is_an_error_in_time(void **state)
{
    Fixture *f = *state;
    FrostLedger *holder = drive_elsewhere(f, STAGE_FROZEN);

    ask_thaw(f);
    test_run_until(&f->thaw.came, WAIT_MS);
    assert_error(f->thaw.error, FROST_TRANSACTION_ERROR, FROST_TRANSACTION_ERROR_STATE, "/srv");
    assert_true(frost_transaction_is_frozen(f->transaction));
    end_elsewhere(f, holder);
}

int
main(void)
{
#define FIXTURE_TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        FIXTURE_TEST(a_thaw_is_answered_although_its_hooks_still_run),
        FIXTURE_TEST(another_thaw_meanwhile_is_0_at_once),
        FIXTURE_TEST(the_next_freeze_waits_until_they_have_ended_and_a_thaw_behind_it_too),
        FIXTURE_TEST(a_thaw_does_not_wait_for_the_hooks_of_an_earlier_agent_either),
        FIXTURE_TEST(a_thaw_of_what_an_earlier_agent_cannot_thaw_is_an_error_in_time),
        FIXTURE_TEST(a_freeze_that_failed_is_not_answered_before_they_have_ended),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
