/* SPDX-License-Identifier: MIT */
#include <errno.h>

#include "sequencer-fixture.h"

/* Sync ----------------------------------------------------------------------------------------- */

static void
make_xfs(Fixture *f, unsigned i)
{
    g_strlcpy(f->ledger->data->filesystems[i].fs_type, "xfs",
              sizeof f->ledger->data->filesystems[i].fs_type);
}

static void
hold_syncs(Fixture *f)
{
    for (unsigned i = 0; i < f->count; i++)
        fake_sys_hold(f->fake, f->fs[i], FAKE_SYNC);
}

static void
wait_for_all_and_release(Fixture *f)
{
    for (unsigned i = 0; i < f->count; i++)
        assert_true(fake_sys_wait_held(f->fake, f->fs[i], FAKE_SYNC));
    assert_int_equal(frost_sequencer_advance(&f->sequencer), FROST_SEQUENCER_PENDING);
    for (unsigned i = 0; i < f->count; i++)
        fake_sys_release(f->fake, f->fs[i], FAKE_SYNC);
}

static void
a_sync_is_made_on_all_at_the_same_time(void **state)
{
    Fixture *f = *state;

    begin_with(f, (const unsigned[]){0, 1, 2}, 3);
    for (unsigned i = 0; i < 3; i++)
        make_xfs(f, i);
    hold_syncs(f);
    frost_sequencer_sync(&f->sequencer);
    wait_for_all_and_release(f);

    assert_int_equal(run(f), FROST_SEQUENCER_SYNCED);
    assert_int_equal(frost_sequencer_advance(&f->sequencer), FROST_SEQUENCER_PENDING);
    assert_int_equal(fake_sys_frozen(f->fake), 0);
}

static void
the_first_sync_of_ext4_is_made_on_one_at_a_time(void **state)
{
    Fixture *f = *state;

    begin_with(f, (const unsigned[]){0, 0, 0}, 3);
    make_xfs(f, 1);
    hold_syncs(f);
    frost_sequencer_sync(&f->sequencer);
    assert_true(fake_sys_wait_held(f->fake, f->fs[0], FAKE_SYNC));
    assert_true(fake_sys_wait_held(f->fake, f->fs[1], FAKE_SYNC));
    fake_sys_release(f->fake, f->fs[1], FAKE_SYNC);
    assert_int_equal(frost_sequencer_advance(&f->sequencer), FROST_SEQUENCER_PENDING);
    assert_int_equal(f->workers->tail - f->workers->head, 1);

    fake_sys_release(f->fake, f->fs[0], FAKE_SYNC);
    fake_sys_release(f->fake, f->fs[2], FAKE_SYNC);
    assert_int_equal(run(f), FROST_SEQUENCER_SYNCED);
    for (unsigned i = 0; i < 3; i++)
        assert_int_equal(count_calls(f, "sync", i), 1);
}

/* A hook holds a database by then. */
static void
the_sync_after_the_hooks_is_made_on_all_at_the_same_time(void **state)
{
    Fixture *f = *state;

    begin_with(f, (const unsigned[]){0, 0, 0}, 3);
    frost_sequencer_sync(&f->sequencer);
    assert_int_equal(run(f), FROST_SEQUENCER_SYNCED);
    hold_syncs(f);
    frost_sequencer_sync(&f->sequencer);
    wait_for_all_and_release(f);
    assert_int_equal(run(f), FROST_SEQUENCER_SYNCED);
}

static void
a_second_round_of_sync_is_waited_for_like_the_first(void **state)
{
    Fixture *f = *state;

    begin_with(f, (const unsigned[]){0, 0}, 2);
    frost_sequencer_sync(&f->sequencer);
    assert_int_equal(run(f), FROST_SEQUENCER_SYNCED);
    fake_sys_hold(f->fake, f->fs[1], FAKE_SYNC);
    frost_sequencer_sync(&f->sequencer);
    assert_true(fake_sys_wait_held(f->fake, f->fs[1], FAKE_SYNC));
    assert_int_equal(frost_sequencer_advance(&f->sequencer), FROST_SEQUENCER_PENDING);
    fake_sys_release(f->fake, f->fs[1], FAKE_SYNC);

    assert_int_equal(run(f), FROST_SEQUENCER_SYNCED);
    assert_int_equal(count_calls(f, "sync", 0), 2);
    assert_int_equal(count_calls(f, "sync", 1), 2);
}

static void
a_sync_that_fails_names_the_filesystem(void **state)
{
    Fixture *f = *state;

    begin_with(f, (const unsigned[]){0, 0, 1}, 3);
    fake_sys_fail(f->fake, f->fs[1], FAKE_SYNC, 1, EIO);
    frost_sequencer_sync(&f->sequencer);

    assert_int_equal(run(f), FROST_SEQUENCER_FAILED);
    assert_int_equal(f->sequencer.culprit, 1);
    assert_int_equal(f->sequencer.error, EIO);
}

static void
a_thaw_during_a_sync_does_not_wait_for_it(void **state)
{
    Fixture *f = *state;

    begin_with(f, (const unsigned[]){0, 0}, 2);
    fake_sys_hold(f->fake, f->fs[0], FAKE_SYNC);
    frost_sequencer_sync(&f->sequencer);
    assert_true(fake_sys_wait_held(f->fake, f->fs[0], FAKE_SYNC));

    thaw(f);
    fake_sys_release(f->fake, f->fs[0], FAKE_SYNC);
    assert_int_equal(count_calls(f, "thaw", 0), 0);
}

/* Order ---------------------------------------------------------------------------------------- */

static void
levels_go_up_to_freeze_and_down_to_thaw(void **state)
{
    Fixture *f = *state;

    begin_with(f, (const unsigned[]){2, 0, 1}, 3);
    freeze(f);
    assert_int_equal(fake_sys_frozen(f->fake), 3);
    thaw(f);

    assert_journal(f, "freeze /1\nfreeze /2\nfreeze /0\nthaw /0\nthaw /2\nthaw /1\n");
    assert_int_equal(fake_sys_frozen(f->fake), 0);
}

static void
levels_may_have_gaps(void **state)
{
    Fixture *f = *state;

    begin_with(f, (const unsigned[]){7, 3}, 2);
    freeze(f);
    thaw(f);

    assert_journal(f, "freeze /1\nfreeze /0\nthaw /0\nthaw /1\n");
}

static void
everything_of_a_level_is_at_work_at_the_same_time(void **state)
{
    Fixture *f = *state;

    begin_with(f, (const unsigned[]){0, 0, 0, 1}, 4);
    for (unsigned i = 0; i < 3; i++)
        fake_sys_hold(f->fake, f->fs[i], FAKE_FREEZE);
    frost_sequencer_freeze(&f->sequencer);
    for (unsigned i = 0; i < 3; i++)
        assert_true(fake_sys_wait_held(f->fake, f->fs[i], FAKE_FREEZE));
    for (unsigned i = 0; i < 3; i++)
        fake_sys_release(f->fake, f->fs[i], FAKE_FREEZE);
    assert_int_equal(run(f), FROST_SEQUENCER_FROZEN);

    for (unsigned i = 0; i < 3; i++)
        fake_sys_hold(f->fake, f->fs[i], FAKE_THAW);
    frost_sequencer_thaw(&f->sequencer);
    run_until_state(f, 3, FROST_FS_THAWED);
    assert_int_equal(frost_sequencer_advance(&f->sequencer), FROST_SEQUENCER_PENDING);
    for (unsigned i = 0; i < 3; i++)
        assert_true(fake_sys_wait_held(f->fake, f->fs[i], FAKE_THAW));
    for (unsigned i = 0; i < 3; i++)
        fake_sys_release(f->fake, f->fs[i], FAKE_THAW);
    assert_int_equal(run(f), FROST_SEQUENCER_THAWED);
}

static void
a_level_waits_for_the_one_before(void **state)
{
    Fixture *f = *state;

    begin_with(f, (const unsigned[]){0, 0, 1}, 3);
    fake_sys_hold(f->fake, f->fs[0], FAKE_FREEZE);
    frost_sequencer_freeze(&f->sequencer);
    run_until_state(f, 1, FROST_FS_FROZEN);
    assert_int_equal(frost_sequencer_advance(&f->sequencer), FROST_SEQUENCER_PENDING);
    assert_int_equal(state_of(f, 2), FROST_FS_OPEN);
    fake_sys_release(f->fake, f->fs[0], FAKE_FREEZE);
    assert_int_equal(run(f), FROST_SEQUENCER_FROZEN);

    fake_sys_hold(f->fake, f->fs[2], FAKE_THAW);
    frost_sequencer_thaw(&f->sequencer);
    assert_true(fake_sys_wait_held(f->fake, f->fs[2], FAKE_THAW));
    assert_int_equal(frost_sequencer_advance(&f->sequencer), FROST_SEQUENCER_PENDING);
    assert_int_equal(state_of(f, 0), FROST_FS_FROZEN);
    fake_sys_release(f->fake, f->fs[2], FAKE_THAW);
    assert_int_equal(run(f), FROST_SEQUENCER_THAWED);
}

/* What stands on a loop image is frozen before what the image lies on; the fake kernel would call
 * the other order a deadlock. */
static void
a_stack_of_loops_neither_deadlocks_nor_stays_frozen(void **state)
{
    Fixture *f = *state;
    FakeFs *bottom = fake_sys_add_fs(f->fake, "/srv", "xfs");
    FakeFs *middle = fake_sys_add_loop_fs(f->fake, "/mnt", "ext4", bottom);

    fake_sys_add_loop_fs(f->fake, "/top", "ext4", middle);
    fake_plan_add(f->plan, "/top", FROST_DECISION_FREEZE, 0);
    fake_plan_add(f->plan, "/mnt", FROST_DECISION_FREEZE, 1);
    fake_plan_add(f->plan, "/srv", FROST_DECISION_FREEZE, 2);
    f->count = 3;
    begin(f);

    freeze(f);
    thaw(f);
    assert_int_equal(fake_sys_frozen(f->fake), 0);
}

/* What is not ours ----------------------------------------------------------------------------- */

static void
what_others_hold_is_neither_counted_nor_thawed(void **state)
{
    Fixture *f = *state;

    begin_with(f, (const unsigned[]){0, 0, 1}, 3);
    fake_sys_freeze_by_other(f->fake, f->fs[1]);
    freeze(f);
    assert_int_equal(state_of(f, 1), FROST_FS_FOREIGN);
    assert_int_equal(frost_ledger_count(f->ledger, FROST_FS_FROZEN), 2);
    thaw(f);

    assert_true(fake_sys_is_frozen(f->fake, f->fs[1]));
    assert_int_equal(frost_ledger_count(f->ledger, FROST_FS_THAWED), 2);
    assert_int_equal(count_calls(f, "thaw", 1), 0);
}

static void
what_knows_no_freeze_is_passed_over(void **state)
{
    Fixture *f = *state;

    begin_with(f, (const unsigned[]){0, 0}, 2);
    fake_sys_fail(f->fake, f->fs[0], FAKE_FREEZE, 0, EOPNOTSUPP);
    freeze(f);
    assert_int_equal(state_of(f, 0), FROST_FS_UNSUPPORTED);
    assert_true(frost_ledger_holds(f->ledger));
    thaw(f);

    assert_int_equal(count_calls(f, "thaw", 0), 0);
}

static void
what_is_only_to_be_synced_is_only_synced(void **state)
{
    Fixture *f = *state;

    fake_sys_add_fs(f->fake, "/boot/efi", "vfat");
    fake_plan_add(f->plan, "/boot/efi", FROST_DECISION_SYNC, 0);
    f->count = 1;
    begin(f);
    frost_sequencer_sync(&f->sequencer);
    assert_int_equal(run(f), FROST_SEQUENCER_SYNCED);
    freeze(f);
    thaw(f);

    assert_journal(f, "sync /boot/efi\n");
}

static void
nothing_to_freeze_is_frozen_at_once(void **state)
{
    Fixture *f = *state;

    f->count = 1; /* thread */
    begin(f);
    frost_sequencer_sync(&f->sequencer);
    assert_int_equal(run(f), FROST_SEQUENCER_SYNCED);
    freeze(f);
    thaw(f);

    assert_journal(f, "");
}

/* Failures ------------------------------------------------------------------------------------- */

static void
a_failed_freeze_leaves_nothing_frozen(void **state)
{
    Fixture *f = *state;

    begin_with(f, (const unsigned[]){0, 1, 1, 2}, 4);
    fake_sys_fail(f->fake, f->fs[2], FAKE_FREEZE, 1, EIO);
    frost_sequencer_freeze(&f->sequencer);

    assert_int_equal(run(f), FROST_SEQUENCER_FAILED);
    assert_int_equal(f->sequencer.culprit, 2);
    assert_int_equal(f->sequencer.error, EIO);
    assert_int_equal(fake_sys_frozen(f->fake), 0);
    assert_false(frost_ledger_holds(f->ledger));
    assert_int_equal(count_calls(f, "freeze", 3), 0);
    assert_int_equal(count_calls(f, "thaw", 0), 1);
}

static void
a_failure_thaws_a_late_one_of_its_level_too(void **state)
{
    Fixture *f = *state;

    begin_with(f, (const unsigned[]){0, 0, 0}, 3);
    fake_sys_hold(f->fake, f->fs[0], FAKE_FREEZE);
    fake_sys_fail(f->fake, f->fs[1], FAKE_FREEZE, 1, EIO);
    frost_sequencer_freeze(&f->sequencer);
    run_until_state(f, 0, FROST_FS_ABANDONED);
    assert_int_equal(frost_sequencer_advance(&f->sequencer), FROST_SEQUENCER_PENDING);
    assert_true(frost_sequencer_has_abandoned(&f->sequencer));
    fake_sys_release(f->fake, f->fs[0], FAKE_FREEZE);

    assert_int_equal(run(f), FROST_SEQUENCER_FAILED);
    assert_int_equal(f->sequencer.culprit, 1);
    assert_int_equal(fake_sys_frozen(f->fake), 0);
    assert_int_equal(count_calls(f, "freeze", 0), 1);
    assert_int_equal(count_calls(f, "thaw", 0), 1);
}

int
main(void)
{
#define FIXTURE_TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        FIXTURE_TEST(a_sync_is_made_on_all_at_the_same_time),
        FIXTURE_TEST(the_first_sync_of_ext4_is_made_on_one_at_a_time),
        FIXTURE_TEST(the_sync_after_the_hooks_is_made_on_all_at_the_same_time),
        FIXTURE_TEST(a_second_round_of_sync_is_waited_for_like_the_first),
        FIXTURE_TEST(a_sync_that_fails_names_the_filesystem),
        FIXTURE_TEST(a_thaw_during_a_sync_does_not_wait_for_it),
        FIXTURE_TEST(levels_go_up_to_freeze_and_down_to_thaw),
        FIXTURE_TEST(levels_may_have_gaps),
        FIXTURE_TEST(everything_of_a_level_is_at_work_at_the_same_time),
        FIXTURE_TEST(a_level_waits_for_the_one_before),
        FIXTURE_TEST(a_stack_of_loops_neither_deadlocks_nor_stays_frozen),
        FIXTURE_TEST(what_others_hold_is_neither_counted_nor_thawed),
        FIXTURE_TEST(what_knows_no_freeze_is_passed_over),
        FIXTURE_TEST(what_is_only_to_be_synced_is_only_synced),
        FIXTURE_TEST(nothing_to_freeze_is_frozen_at_once),
        FIXTURE_TEST(a_failed_freeze_leaves_nothing_frozen),
        FIXTURE_TEST(a_failure_thaws_a_late_one_of_its_level_too),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
