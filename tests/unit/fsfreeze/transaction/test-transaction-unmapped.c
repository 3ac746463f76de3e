/* SPDX-License-Identifier: MIT */

/*
 * Agent and freezer were killed while frozen, and the next agent cannot map the ledger.
 */

#include "refused-map.h"
#include "transaction-fixture.h"

/* Its criticals are expected. */
static GLogLevelFlags fatal;

static int
set_up_unmapped(void **state)
{
    set_up(state);
    fatal = g_log_set_always_fatal(G_LOG_LEVEL_ERROR);
    return 0;
}

static int
tear_down_unmapped(void **state)
{
    refuse_maps(0);
    g_log_set_always_fatal(fatal);
    return tear_down(state);
}

static void
restart_unmapped(Fixture *f, Stage stage)
{
    drive(f, stage);
    forget(&f->freeze);
    refuse_maps(G_MAXUINT);
    restart(f);
}

/* From now on it can be mapped. */
static void
thaw_at_last(Fixture *f)
{
    refuse_maps(0);
    ask_thaw(f);
    complete(f);
    assert_no_error(f->thaw.error);
    assert_string_equal(fake_hooks_journal(f->hooks), "freeze thaw");
    assert_all_undone(f);
}

static void
what_is_left_frozen_is_told_all_the_same(void **state)
{
    Fixture *f = *state;

    restart_unmapped(f, STAGE_FROZEN);
    assert_string_equal(f->told->str, "F");
    assert_true(frost_transaction_is_frozen(f->transaction));
    thaw_at_last(f);
}

static void
a_thaw_of_what_is_left_frozen_is_an_error_until_it_can_be_thawed(void **state)
{
    Fixture *f = *state;

    restart_unmapped(f, STAGE_FROZEN);
    ask_thaw(f);
    assert_int_equal(f->thaw.times, 1);
    assert_error(f->thaw.error, FROST_LEDGER_ERROR, FROST_LEDGER_ERROR_LEFT, "frozen");
    assert_string_equal(fake_supervisor_journal(f->freezer), "");

    thaw_at_last(f);
    assert_int_equal(f->thaw.times, 2);
    assert_int_equal(f->thaw.count, 2);
    assert_string_equal(f->told->str, "FT");
    cycle(f);
}

/* A ledger in memory could be had; but what it did not know would stay frozen. */
static void
a_freeze_does_not_begin_over_what_is_left_frozen(void **state)
{
    Fixture *f = *state;

    restart_unmapped(f, STAGE_FROZEN);
    refuse_maps(2);
    ask_freeze(f, NULL);
    complete(f);
    assert_int_equal(f->freeze.times, 1);
    assert_error(f->freeze.error, FROST_LEDGER_ERROR, FROST_LEDGER_ERROR_LEFT, "frozen");
    assert_string_equal(fake_supervisor_journal(f->freezer), "");
    assert_string_equal(fake_hooks_journal(f->hooks), "freeze");
    thaw_at_last(f);
    assert_int_equal(f->thaw.count, 2);
}

static void
a_freeze_does_not_begin_over_hooks_that_are_not_undone(void **state)
{
    Fixture *f = *state;

    restart_unmapped(f, STAGE_RESYNCING);
    assert_string_equal(f->told->str, "");
    refuse_maps(2);
    ask_freeze(f, NULL);
    complete(f);
    assert_error(f->freeze.error, FROST_LEDGER_ERROR, FROST_LEDGER_ERROR_IO, "hooks");
    assert_string_equal(fake_hooks_journal(f->hooks), "freeze");

    thaw_at_last(f);
    cycle(f);
}

static void
what_another_has_thawed_since_is_not_called_frozen_any_more(void **state)
{
    Fixture *f = *state;

    restart_unmapped(f, STAGE_FROZEN);
    refuse_maps(0);
    FrostLedger *other =
        frost_ledger_open(f->dir, NULL); /* frost-ga thaw, killed before the hooks */
    thaw_elsewhere(other);
    frost_ledger_free(other);
    refuse_maps(G_MAXUINT);
    assert_false(frost_transaction_is_frozen(f->transaction));
    assert_string_equal(f->told->str, "FT");
    thaw_at_last(f);
    assert_int_equal(f->thaw.count, 0);
}

/* The freezer had thawed for the agent that was killed, and its recovery has undone the rest. */
static void
what_the_ledger_owes_the_host_is_told_once(void **state)
{
    Fixture *f = *state;

    drive(f, STAGE_THAWED);
    FrostLedger *other = frost_ledger_open(f->dir, NULL);
    atomic_store(&other->data->owed, FROST_RELEASE_AGENT_LOST);
    frost_ledger_end(other);
    frost_ledger_free(other);
    refuse_maps(G_MAXUINT);
    restart(f);
    ask_thaw(f);
    assert_error(f->thaw.error, FROST_TRANSACTION_ERROR, FROST_TRANSACTION_ERROR_NOT_HELD,
                 "the agent was lost");
    ask_thaw(f);
    assert_no_error(f->thaw.error);
    refuse_maps(0);
    ask_thaw(f);
    assert_int_equal(f->thaw.times, 3);
    assert_no_error(f->thaw.error);
    assert_all_undone(f);
    cycle(f);
}

static void
nothing_left_is_frozen_with_a_ledger_in_memory(void **state)
{
    Fixture *f = *state;

    restart_unmapped(f, STAGE_THAWED);
    refuse_maps(2);
    ask_freeze(f, NULL);
    complete(f);
    assert_no_error(f->freeze.error);
    assert_int_equal(f->freeze.count, 2);
    ask_thaw(f);
    complete(f);
    assert_int_equal(f->thaw.count, 2);
    assert_all_undone(f);
}

/* Its limit has passed, and its agent was told to end before the host's thaw. */
static void
what_a_freeze_with_a_ledger_in_memory_owes_is_told_by_the_next_agent(void **state)
{
    Fixture *f = *state;

    restart_unmapped(f, STAGE_THAWED);
    refuse_maps(2);
    ask_freeze(f, NULL);
    complete(f);
    atomic_store(&fake_supervisor_ledger(f->freezer)->data->owed, FROST_RELEASE_DEADLINE);
    say(f, FROST_FREEZER_THAWED, 2, NULL);
    complete(f);
    refuse_maps(0);
    restart(f);
    ask_thaw(f);
    assert_error(f->thaw.error, FROST_TRANSACTION_ERROR, FROST_TRANSACTION_ERROR_NOT_HELD,
                 "this time had passed");
    ask_thaw(f);
    assert_no_error(f->thaw.error);
    assert_all_undone(f);
}

/* Of an agent before; and the ledger cannot be mapped once. */
static void
what_is_owed_is_not_lost_by_an_agent_that_has_its_ledger_in_memory(void **state)
{
    Fixture *f = *state;

    FrostLedger *other = frost_ledger_open(f->dir, NULL);
    atomic_store(&other->data->owed, FROST_RELEASE_AGENT_LOST);
    frost_ledger_free(other);
    for (unsigned i = 0; i < 2; i++) {
        refuse_maps(1);
        restart(f);
    }
    ask_thaw(f);
    assert_error(f->thaw.error, FROST_TRANSACTION_ERROR, FROST_TRANSACTION_ERROR_NOT_HELD,
                 "the agent was lost");
    restart(f);
    ask_thaw(f);
    assert_no_error(f->thaw.error);
    assert_all_undone(f);
}

int
main(void)
{
#define UNMAPPED_TEST(f) cmocka_unit_test_setup_teardown(f, set_up_unmapped, tear_down_unmapped)
    const struct CMUnitTest tests[] = {
        UNMAPPED_TEST(what_is_left_frozen_is_told_all_the_same),
        UNMAPPED_TEST(a_thaw_of_what_is_left_frozen_is_an_error_until_it_can_be_thawed),
        UNMAPPED_TEST(a_freeze_does_not_begin_over_what_is_left_frozen),
        UNMAPPED_TEST(a_freeze_does_not_begin_over_hooks_that_are_not_undone),
        UNMAPPED_TEST(what_another_has_thawed_since_is_not_called_frozen_any_more),
        UNMAPPED_TEST(what_the_ledger_owes_the_host_is_told_once),
        UNMAPPED_TEST(what_a_freeze_with_a_ledger_in_memory_owes_is_told_by_the_next_agent),
        UNMAPPED_TEST(what_is_owed_is_not_lost_by_an_agent_that_has_its_ledger_in_memory),
        UNMAPPED_TEST(nothing_left_is_frozen_with_a_ledger_in_memory),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
