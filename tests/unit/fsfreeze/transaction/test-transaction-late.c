/* SPDX-License-Identifier: MIT */

/*
 * A freeze that is over, while the kernel still has one of its filesystems inside FIFREEZE: it
 * comes out frozen, and is thawed then.
 */
#include <string.h>

#include "transaction-fixture.h"

/* freeze-timeout has passed; the freezer has thawed what it could. */
static void
fail_late(Fixture *f)
{
    drive(f, STAGE_FREEZING);
    fake_supervisor_keep_freezing(f->freezer);
    say(f, FROST_FREEZER_FAILED, 0, "freezing /srv took longer than 60 seconds");
}

/* The same; its hooks are undone, and the freeze is answered. */
static void
remain(Fixture *f)
{
    fail_late(f);
    complete(f);
    assert_int_equal(f->freeze.times, 1);
    assert_non_null(strstr(f->freeze.error->message, "longer than 60 seconds"));
    assert_string_equal(fake_hooks_journal(f->hooks), "freeze thaw");
}

static void
assert_watched(Fixture *f)
{
    assert_true(frost_transaction_is_frozen(f->transaction));
    assert_string_equal(f->told->str, "F");
    assert_true(fake_supervisor_is_ready(f->freezer));
}

static void
what_is_still_freezing_is_told_as_frozen_until_it_is_thawed(void **state)
{
    Fixture *f = *state;

    remain(f);
    assert_watched(f);
    assert_int_equal(count_words(fake_supervisor_journal(f->freezer), "finish"), 0);

    say(f, FROST_FREEZER_SETTLED, 0, NULL);
    assert_string_equal(f->told->str, "FT");
    complete(f);
    assert_int_equal(f->freeze.times, 1);
    assert_int_equal(count_words(fake_hooks_journal(f->hooks), "thaw"), 1);
    assert_all_undone(f);
    cycle(f);
}

static void
what_comes_free_while_the_hooks_are_undone_is_told_at_once(void **state)
{
    Fixture *f = *state;

    fail_late(f);
    assert_true(fake_hooks_run(f->hooks));
    assert_true(frost_transaction_is_frozen(f->transaction));
    say(f, FROST_FREEZER_SETTLED, 0, NULL);
    assert_true(fake_hooks_run(f->hooks));
    assert_string_equal(f->told->str, "FT");
    complete(f);
    assert_int_equal(f->freeze.times, 1);
    assert_non_null(f->freeze.error);
    assert_all_undone(f);
}

/* The next freezer has thawed it, and then says only that the first one was lost. */
static void
what_comes_free_by_the_death_of_a_freezer_while_the_hooks_are_undone_is_told_at_once(void **state)
{
    Fixture *f = *state;

    fail_late(f);
    assert_true(fake_hooks_run(f->hooks));
    atomic_store(&fake_supervisor_ledger(f->freezer)->data->filesystems[0].state, FROST_FS_THAWED);
    say(f, FROST_FREEZER_LOST, 0, "it was lost");
    assert_true(fake_hooks_run(f->hooks));
    assert_false(frost_transaction_is_frozen(f->transaction));
    assert_string_equal(f->told->str, "FT");
    complete(f);
    assert_int_equal(f->freeze.times, 1);
    assert_int_equal(count_words(fake_hooks_journal(f->hooks), "thaw"), 1);
    assert_all_undone(f);
    cycle(f);
}

/* Before the freezer could say so. */
static void
what_comes_free_just_before_the_hooks_are_undone_is_told_too(void **state)
{
    Fixture *f = *state;

    fail_late(f);
    atomic_store(&fake_supervisor_ledger(f->freezer)->data->filesystems[0].state, FROST_FS_THAWED);
    complete(f);
    assert_string_equal(f->told->str, "FT");
    assert_all_undone(f);
}

static void
a_freeze_meanwhile_is_refused_by_its_name(void **state)
{
    Fixture *f = *state;

    remain(f);
    forget(&f->freeze);
    ask_freeze(f, NULL);
    assert_error(f->freeze.error, FROST_TRANSACTION_ERROR, FROST_TRANSACTION_ERROR_STATE, "/srv");
    assert_watched(f);
    say(f, FROST_FREEZER_SETTLED, 0, NULL);
    complete(f);
    cycle(f);
}

static void
a_thaw_meanwhile_is_an_error_and_changes_nothing(void **state)
{
    Fixture *f = *state;

    remain(f);
    ask_thaw(f);
    say(f, FROST_FREEZER_THAWED, 0, "/srv is still freezing");
    complete(f);
    assert_int_equal(f->thaw.times, 1);
    assert_string_equal(f->thaw.error->message, "/srv is still freezing");
    assert_watched(f);

    say(f, FROST_FREEZER_SETTLED, 0, NULL);
    complete(f);
    ask_thaw(f);
    assert_int_equal(f->thaw.times, 2);
    assert_no_error(f->thaw.error);
    assert_int_equal(count_words(fake_hooks_journal(f->hooks), "thaw"), 1);
    assert_all_undone(f);
}

/* A freeze that was good; the thaw has an error, as the kernel is still inside the FITHAW of the
 * first filesystem. The thaw has left the second one in the given state. */
static void
remain_thawing(Fixture *f, FrostFsState second)
{
    drive(f, STAGE_THAWING);
    FrostLedgerData *data = fake_supervisor_ledger(f->freezer)->data;

    atomic_store(&data->frozen_us, 1);
    atomic_store(&data->filesystems[1].state, second);
    say(f, FROST_FREEZER_THAWED, second == FROST_FS_THAWED ? 1 : 0, NULL);
    atomic_store(&data->filesystems[0].state, FROST_FS_THAWING);
    complete(f);
    assert_int_equal(f->thaw.times, 1);
    assert_non_null(f->thaw.error);
}

static void
what_then_shows_as_thawed_by_another_program_is_told_to_the_next_thaw_once(void **state)
{
    Fixture *f = *state;

    remain_thawing(f, FROST_FS_THAWED);
    atomic_store(&fake_supervisor_ledger(f->freezer)->data->filesystems[0].state, FROST_FS_LOST);
    say(f, FROST_FREEZER_SETTLED, 0, NULL);
    complete(f);
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
what_another_program_had_thawed_before_is_not_told_again(void **state)
{
    Fixture *f = *state;

    remain_thawing(f, FROST_FS_LOST);
    atomic_store(&fake_supervisor_ledger(f->freezer)->data->filesystems[0].state, FROST_FS_THAWED);
    say(f, FROST_FREEZER_SETTLED, 0, NULL);
    complete(f);
    ask_thaw(f);
    complete(f);
    assert_no_error(f->thaw.error);
    assert_all_undone(f);
}

/* The next one waits for the same thread. */
static void
a_freezer_that_is_killed_then_is_replaced_and_watched(void **state)
{
    Fixture *f = *state;

    remain(f);
    say(f, FROST_FREEZER_REPLACED, 0, "it was lost, and /srv is still freezing");
    assert_watched(f);
    say(f, FROST_FREEZER_SETTLED, 0, NULL);
    complete(f);
    assert_all_undone(f);
    cycle(f);
}

static void
a_freezer_that_is_killed_then_and_leaves_nothing_ends_it(void **state)
{
    Fixture *f = *state;

    remain(f);
    atomic_store(&fake_supervisor_ledger(f->freezer)->data->filesystems[0].state, FROST_FS_THAWED);
    say(f, FROST_FREEZER_LOST, 0, "it was lost");
    complete(f);
    assert_string_equal(f->told->str, "FT");
    assert_all_undone(f);
    cycle(f);
}

/* Nobody can be started in its place: tried again, also by the next thaw. */
static void
a_freezer_that_is_killed_then_and_not_replaced_leaves_it_to_the_next_thaw(void **state)
{
    Fixture *f = *state;

    remain(f);
    fake_supervisor_lose_frozen(f->freezer, "no other process could be started");
    settle();
    assert_true(frost_transaction_is_frozen(f->transaction));
    ask_thaw(f);
    assert_string_equal(fake_supervisor_last(f->freezer), "adopt");
    say(f, FROST_FREEZER_FAILED, 0, "cannot start");
    assert_int_equal(f->thaw.times, 1);
    assert_non_null(f->thaw.error);
    assert_true(frost_transaction_is_frozen(f->transaction));

    ask_thaw(f);
    go_on(f);
    assert_string_equal(fake_supervisor_last(f->freezer), "thaw");
    say(f, FROST_FREEZER_SETTLED, 0, NULL);
    complete(f);
    assert_int_equal(f->thaw.times, 2);
    assert_string_equal(f->told->str, "FT");
    assert_all_undone(f);
}

static void
an_agent_that_ends_then_does_not_wait_for_it(void **state)
{
    Fixture *f = *state;

    remain(f);
    ask_release(f);
    say(f, FROST_FREEZER_THAWED, 0, "/srv is still freezing");
    complete(f);
    assert_int_equal(f->release.times, 1);
    assert_non_null(strstr(f->release.error->message, "/srv"));
    assert_watched(f);
}

int
main(void)
{
#define FIXTURE_TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        FIXTURE_TEST(what_is_still_freezing_is_told_as_frozen_until_it_is_thawed),
        FIXTURE_TEST(what_comes_free_while_the_hooks_are_undone_is_told_at_once),
        FIXTURE_TEST(
            what_comes_free_by_the_death_of_a_freezer_while_the_hooks_are_undone_is_told_at_once),
        FIXTURE_TEST(what_comes_free_just_before_the_hooks_are_undone_is_told_too),
        FIXTURE_TEST(a_freeze_meanwhile_is_refused_by_its_name),
        FIXTURE_TEST(a_thaw_meanwhile_is_an_error_and_changes_nothing),
        FIXTURE_TEST(what_then_shows_as_thawed_by_another_program_is_told_to_the_next_thaw_once),
        FIXTURE_TEST(what_another_program_had_thawed_before_is_not_told_again),
        FIXTURE_TEST(a_freezer_that_is_killed_then_is_replaced_and_watched),
        FIXTURE_TEST(a_freezer_that_is_killed_then_and_leaves_nothing_ends_it),
        FIXTURE_TEST(a_freezer_that_is_killed_then_and_not_replaced_leaves_it_to_the_next_thaw),
        FIXTURE_TEST(an_agent_that_ends_then_does_not_wait_for_it),
    };

    /* That something remains is logged as critical. */
    g_log_set_always_fatal(G_LOG_LEVEL_ERROR);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
