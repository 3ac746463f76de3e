/* SPDX-License-Identifier: MIT */
/* What is left to a freezer that comes later, as this one has no descriptor of it. */
#include <errno.h>

#include "sequencer-fixture.h"

#define DEAD_WORKER 101 /* a thread of a dead freezer */

/* The agent opens the last one too late: it is for the freezer after this one. */
static void
begin_without_the_last(Fixture *f)
{
    atomic_store(&f->ledger->data->filesystems[f->count - 1].state, FROST_FS_STUCK);
    f->workers->refusals.is_open[f->count - 1] = false;
    frost_sequencer_init(&f->sequencer, f->workers);
}

static void
what_this_freezer_has_no_descriptor_of_is_not_tried_again(void **state)
{
    Fixture *f = *state;

    begin_with(f, (const unsigned[]){0, 0}, 2);
    freeze(f);
    begin_without_the_last(f);
    fake_sys_hold(f->fake, f->fs[0], FAKE_THAW);
    frost_sequencer_thaw(&f->sequencer);
    assert_true(fake_sys_wait_held(f->fake, f->fs[0], FAKE_THAW));
    assert_int_equal(frost_sequencer_advance(&f->sequencer), FROST_SEQUENCER_PENDING);
    assert_int_equal(frost_sequencer_look_us(&f->sequencer), 0);
    fake_sys_release(f->fake, f->fs[0], FAKE_THAW);

    assert_int_equal(run(f), FROST_SEQUENCER_THAWED);
    assert_int_equal(state_of(f, 1), FROST_FS_STUCK);
    assert_int_equal(count_calls(f, "thaw", 1), 0);
}

static void
what_is_inside_fithaw_may_wait_for_one_that_only_a_later_freezer_can_thaw(void **state)
{
    Fixture *f = *state;

    begin_with(f, (const unsigned[]){0, 0, 0}, 3);
    freeze(f);
    assert_false(frost_sequencer_waits_for_later(&f->sequencer));
    begin_without_the_last(f);
    fake_sys_hold(f->fake, f->fs[0], FAKE_THAW);
    fake_sys_hold(f->fake, f->fs[1], FAKE_THAW);
    frost_sequencer_thaw(&f->sequencer);
    assert_true(fake_sys_wait_held(f->fake, f->fs[0], FAKE_THAW));
    assert_true(fake_sys_wait_held(f->fake, f->fs[1], FAKE_THAW));
    assert_true(frost_sequencer_waits_for_later(&f->sequencer));
    fake_sys_release(f->fake, f->fs[1], FAKE_THAW);
    run_until_state(f, 1, FROST_FS_THAWED);
    assert_true(frost_sequencer_waits_for_later(&f->sequencer));
    fake_sys_release(f->fake, f->fs[0], FAKE_THAW);

    assert_int_equal(run(f), FROST_SEQUENCER_THAWED);
    assert_false(frost_sequencer_waits_for_later(&f->sequencer));
}

/* A freezer that is to thaw what comes back from FIFREEZE, or has not been asked yet, must not go.
 */
static void
a_freezer_that_has_more_to_do_than_to_wait_is_needed(void **state)
{
    static const FrostFsState STATES[] = {FROST_FS_ABANDONED, FROST_FS_FROZEN};

    for (unsigned i = 0; i < G_N_ELEMENTS(STATES); i++) {
        Fixture *f;

        set_up((void **)&f);
        begin_with(f, (const unsigned[]){0, 0, 0}, 3);
        freeze(f);
        begin_without_the_last(f);
        fake_sys_hold(f->fake, f->fs[0], FAKE_THAW);
        frost_sequencer_thaw(&f->sequencer);
        run_until_state(f, 1, FROST_FS_THAWED);
        assert_true(fake_sys_wait_held(f->fake, f->fs[0], FAKE_THAW));
        atomic_store(&f->ledger->data->filesystems[1].state, STATES[i]);
        assert_false(frost_sequencer_waits_for_later(&f->sequencer));
        atomic_store(&f->ledger->data->filesystems[1].state, FROST_FS_THAWED);
        assert_true(frost_sequencer_waits_for_later(&f->sequencer));
        fake_sys_release(f->fake, f->fs[0], FAKE_THAW);
        tear_down((void **)&f);
    }
}

/* The thread of a dead freezer ends with no report: a later freezer sees that as well as this one.
 */
static void
what_a_dead_freezer_still_freezes_may_wait_for_one_that_only_a_later_freezer_can_thaw(void **state)
{
    Fixture *f = *state;

    begin_with(f, (const unsigned[]){0, 0, 0}, 3);
    freeze(f);
    fake_sys_set_living_thread(f->fake, DEAD_WORKER);
    atomic_store(&f->ledger->data->filesystems[0].worker, DEAD_WORKER);
    atomic_store(&f->ledger->data->filesystems[0].state, FROST_FS_ABANDONED);
    begin_without_the_last(f);
    frost_sequencer_thaw(&f->sequencer);
    run_until_state(f, 1, FROST_FS_THAWED);
    assert_int_equal(frost_sequencer_advance(&f->sequencer), FROST_SEQUENCER_PENDING);
    assert_true(frost_sequencer_waits_for_later(&f->sequencer));
    fake_sys_set_living_thread(f->fake, 0);
    look_once(f);

    assert_int_equal(run(f), FROST_SEQUENCER_THAWED);
    assert_int_equal(state_of(f, 0), FROST_FS_THAWED);
    assert_false(frost_sequencer_waits_for_later(&f->sequencer));
}

int
main(void)
{
#define FIXTURE_TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        FIXTURE_TEST(what_this_freezer_has_no_descriptor_of_is_not_tried_again),
        FIXTURE_TEST(what_is_inside_fithaw_may_wait_for_one_that_only_a_later_freezer_can_thaw),
        cmocka_unit_test(a_freezer_that_has_more_to_do_than_to_wait_is_needed),
        FIXTURE_TEST(
            what_a_dead_freezer_still_freezes_may_wait_for_one_that_only_a_later_freezer_can_thaw),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
