/* SPDX-License-Identifier: MIT */

/*
 * How often is synced, by a clock that only moves when the test says so.
 */

#include <errno.h>

#include "sequencer-fixture.h"

#define SECOND_US (1000 * 1000)
#define MB 1000000ull

/* The next round of the only filesystem is inside syncfs: it takes that long, and ends. The one
 * after it, if there is any, waits there as well. */
static FrostSequencerEvent
take(Fixture *f, int64_t us)
{
    FrostLedgerFs *fs = &f->ledger->data->filesystems[0];
    FrostSys *sys = fake_sys_get(f->fake);
    uint32_t synced = atomic_load(&fs->synced);

    assert_true(fake_sys_wait_held(f->fake, f->fs[0], FAKE_SYNC));
    fake_sys_set_boottime(f->fake, frost_sys_now_us(sys) + us);
    fake_sys_release(f->fake, f->fs[0], FAKE_SYNC);
    gint64 deadline_us = test_deadline_us();
    while (atomic_load(&fs->synced) == synced)
        test_yield(deadline_us);
    fake_sys_hold(f->fake, f->fs[0], FAKE_SYNC);
    return frost_sequencer_advance(&f->sequencer);
}

static void
begin_sync(Fixture *f)
{
    begin_with(f, (const unsigned[]){0}, 1);
    fake_sys_hold(f->fake, f->fs[0], FAKE_SYNC);
    frost_sequencer_sync(&f->sequencer);
}

static void
assert_rounds(Fixture *f, unsigned expected)
{
    assert_int_equal(count_calls(f, "sync", 0), expected);
    assert_int_equal(f->sequencer.phase, FROST_PHASE_REST);
    fake_sys_release(f->fake, f->fs[0], FAKE_SYNC);
}

static void
a_round_that_found_little_is_the_last(void **state)
{
    Fixture *f = *state;

    begin_sync(f);
    assert_int_equal(take(f, SECOND_US / 5), FROST_SEQUENCER_SYNCED);
    assert_rounds(f, 1);
}

static void
a_round_that_found_much_is_followed_by_another(void **state)
{
    Fixture *f = *state;

    begin_sync(f);
    assert_int_equal(take(f, SECOND_US / 5 + 1), FROST_SEQUENCER_PENDING);
    assert_int_equal(take(f, SECOND_US / 5), FROST_SEQUENCER_SYNCED);
    assert_rounds(f, 2);
}

/* @much: bytes that are to be written when the sync begins. */
static void
begin_sync_of(Fixture *f, FrostBacklog *backlog, uint64_t much)
{
    fake_sys_set_dirty(f->fake, much);
    begin_with(f, (const unsigned[]){0}, 1);
    f->ledger->data->stall_target_us = SECOND_US / 10;
    frost_backlog_open(backlog, f->workers->kernel);
    f->workers->backlog = backlog;
    fake_sys_hold(f->fake, f->fs[0], FAKE_SYNC);
    frost_sequencer_sync(&f->sequencer);
}

static void
what_fits_into_the_stall_target_is_left_to_fifreeze(void **state)
{
    Fixture *f = *state;
    FrostBacklog backlog;

    begin_sync_of(f, &backlog, 300 * MB);
    fake_sys_set_dirty(f->fake, 6 * MB); /* which would take 0.1 s of 5 */
    assert_int_equal(take(f, 5 * SECOND_US), FROST_SEQUENCER_SYNCED);
    assert_rounds(f, 1);
    f->workers->kernel->close(f->workers->kernel, backlog.fd);
}

static void
a_round_that_is_much_shorter_than_the_first_follows(void **state)
{
    Fixture *f = *state;
    FrostBacklog backlog;

    begin_sync_of(f, &backlog, 300 * MB);
    fake_sys_set_dirty(f->fake, 30 * MB); /* 0.5 s */
    assert_int_equal(take(f, 5 * SECOND_US), FROST_SEQUENCER_PENDING);
    fake_sys_set_dirty(f->fake, 3 * MB);
    assert_int_equal(take(f, SECOND_US / 2), FROST_SEQUENCER_SYNCED);
    assert_rounds(f, 2);
    f->workers->kernel->close(f->workers->kernel, backlog.fd);
}

/* It writes two thirds of what the disk does. No hook runs between the two syncs. */
static void
beside_a_writer_about_as_fast_as_the_disk_one_round_is_made(void **state)
{
    Fixture *f = *state;
    FrostBacklog backlog;

    begin_sync_of(f, &backlog, 300 * MB);
    fake_sys_set_dirty(f->fake, 200 * MB);
    assert_int_equal(take(f, 5 * SECOND_US), FROST_SEQUENCER_SYNCED);
    frost_sequencer_sync(&f->sequencer);
    assert_int_equal(frost_sequencer_advance(&f->sequencer), FROST_SEQUENCER_SYNCED);
    assert_rounds(f, 1);
    f->workers->kernel->close(f->workers->kernel, backlog.fd);
}

/* What they have written, a program may wait for. */
static void
a_sync_that_comes_after_hooks_is_made_whatever_the_first_has_left(void **state)
{
    Fixture *f = *state;
    FrostBacklog backlog;
    FrostSys *sys = fake_sys_get(f->fake);

    begin_sync_of(f, &backlog, 300 * MB);
    fake_sys_set_dirty(f->fake, 200 * MB);
    assert_int_equal(take(f, 5 * SECOND_US), FROST_SEQUENCER_SYNCED);
    fake_sys_set_boottime(f->fake, frost_sys_now_us(sys) + SECOND_US);
    frost_sequencer_sync(&f->sequencer);
    assert_int_equal(take(f, 5 * SECOND_US), FROST_SEQUENCER_SYNCED);
    assert_rounds(f, 2);
    f->workers->kernel->close(f->workers->kernel, backlog.fd);
}

static void
a_third_round_is_the_last_whatever_it_found(void **state)
{
    Fixture *f = *state;

    begin_sync(f);
    assert_int_equal(take(f, SECOND_US), FROST_SEQUENCER_PENDING);
    assert_int_equal(take(f, SECOND_US), FROST_SEQUENCER_PENDING);
    assert_int_equal(take(f, SECOND_US), FROST_SEQUENCER_SYNCED);
    assert_rounds(f, 3);
}

static void
after_half_a_minute_no_round_begins(void **state)
{
    Fixture *f = *state;

    begin_sync(f);
    assert_int_equal(take(f, 30 * SECOND_US), FROST_SEQUENCER_SYNCED);
    assert_rounds(f, 1);
}

static void
half_a_minute_counts_from_the_first_round(void **state)
{
    Fixture *f = *state;

    begin_sync(f);
    assert_int_equal(take(f, 29 * SECOND_US), FROST_SEQUENCER_PENDING);
    assert_int_equal(take(f, SECOND_US), FROST_SEQUENCER_SYNCED);
    assert_rounds(f, 2);
}

static void
a_sync_after_the_hook_counts_its_own_rounds(void **state)
{
    Fixture *f = *state;

    begin_sync(f);
    assert_int_equal(take(f, 30 * SECOND_US), FROST_SEQUENCER_SYNCED);
    frost_sequencer_sync(&f->sequencer);
    for (unsigned round = 0; round < 2; round++)
        assert_int_equal(take(f, SECOND_US), FROST_SEQUENCER_PENDING);
    assert_int_equal(take(f, SECOND_US), FROST_SEQUENCER_SYNCED);
    assert_rounds(f, 4);
}

/* Each round has the whole limit; one that is over it names whom it waits for. */
static void
the_limit_of_a_sync_is_one_of_each_round(void **state)
{
    Fixture *f = *state;

    begin_sync(f);
    f->ledger->data->sync_limit_us = 20 * SECOND_US;
    int64_t first_us = frost_sequencer_deadline(&f->sequencer);
    assert_int_equal(take(f, 19 * SECOND_US), FROST_SEQUENCER_PENDING);
    assert_int_equal(frost_sequencer_deadline(&f->sequencer), first_us + 19 * SECOND_US);

    assert_true(fake_sys_wait_held(f->fake, f->fs[0], FAKE_SYNC));
    assert_int_equal(frost_sequencer_expire(&f->sequencer), FROST_SEQUENCER_FAILED);
    assert_int_equal(f->sequencer.culprit, 0);
    assert_int_equal(f->sequencer.error, ETIMEDOUT);
    fake_sys_release(f->fake, f->fs[0], FAKE_SYNC);
}

/* ext4 filesystems are synced one after the other: each has the whole limit, from its turn on. */
static void
whose_turn_comes_late_has_the_whole_limit_too(void **state)
{
    Fixture *f = *state;

    begin_with(f, (const unsigned[]){0, 0}, 2);
    f->ledger->data->sync_limit_us = 20 * SECOND_US;
    fake_sys_set_boottime(f->fake, SECOND_US);
    fake_sys_hold(f->fake, f->fs[0], FAKE_SYNC);
    fake_sys_hold(f->fake, f->fs[1], FAKE_SYNC);
    frost_sequencer_sync(&f->sequencer);
    assert_int_equal(frost_sequencer_deadline(&f->sequencer), 21 * SECOND_US);
    assert_int_equal(take(f, 15 * SECOND_US), FROST_SEQUENCER_PENDING);
    assert_true(fake_sys_wait_held(f->fake, f->fs[1], FAKE_SYNC));
    assert_int_equal(frost_sequencer_deadline(&f->sequencer), 36 * SECOND_US);

    assert_int_equal(frost_sequencer_expire(&f->sequencer), FROST_SEQUENCER_FAILED);
    assert_int_equal(f->sequencer.culprit, 1);
    fake_sys_release(f->fake, f->fs[0], FAKE_SYNC);
    fake_sys_release(f->fake, f->fs[1], FAKE_SYNC);
}

/* xfs is synced beside them: it is late although a turn has just begun, and it is named. */
static void
whose_turn_it_is_hides_nobody_who_is_late(void **state)
{
    Fixture *f = *state;

    FakeFs *xfs = fake_sys_add_fs(f->fake, "/xfs", "xfs");

    fake_plan_add(f->plan, "/xfs", FROST_DECISION_FREEZE, 0);
    begin_with(f, (const unsigned[]){0, 0}, 2);
    g_strlcpy(f->ledger->data->filesystems[0].fs_type, "xfs", sizeof "xfs ");
    f->ledger->data->sync_limit_us = 20 * SECOND_US;
    fake_sys_set_boottime(f->fake, SECOND_US);
    fake_sys_hold(f->fake, xfs, FAKE_SYNC);
    frost_sequencer_sync(&f->sequencer);
    gint64 deadline_us = test_deadline_us();
    while (atomic_load(&f->ledger->data->filesystems[1].synced) == 0)
        test_yield(deadline_us);
    fake_sys_set_boottime(f->fake, 15 * SECOND_US);
    frost_sequencer_advance(&f->sequencer);
    assert_int_equal(frost_sequencer_deadline(&f->sequencer), 21 * SECOND_US);
    assert_int_equal(frost_sequencer_expire(&f->sequencer), FROST_SEQUENCER_FAILED);
    assert_int_equal(f->sequencer.culprit, 0);
    fake_sys_release(f->fake, xfs, FAKE_SYNC);
}

int
main(void)
{
#define FIXTURE_TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        FIXTURE_TEST(a_round_that_found_little_is_the_last),
        FIXTURE_TEST(a_round_that_found_much_is_followed_by_another),
        FIXTURE_TEST(what_fits_into_the_stall_target_is_left_to_fifreeze),
        FIXTURE_TEST(a_round_that_is_much_shorter_than_the_first_follows),
        FIXTURE_TEST(beside_a_writer_about_as_fast_as_the_disk_one_round_is_made),
        FIXTURE_TEST(a_sync_that_comes_after_hooks_is_made_whatever_the_first_has_left),
        FIXTURE_TEST(a_third_round_is_the_last_whatever_it_found),
        FIXTURE_TEST(after_half_a_minute_no_round_begins),
        FIXTURE_TEST(half_a_minute_counts_from_the_first_round),
        FIXTURE_TEST(a_sync_after_the_hook_counts_its_own_rounds),
        FIXTURE_TEST(the_limit_of_a_sync_is_one_of_each_round),
        FIXTURE_TEST(whose_turn_comes_late_has_the_whole_limit_too),
        FIXTURE_TEST(whose_turn_it_is_hides_nobody_who_is_late),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
