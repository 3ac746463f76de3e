/* SPDX-License-Identifier: MIT */
/* What the kernel refuses to thaw, and others that may wait for it. */
#include <errno.h>
#include <string.h>

#include "sequencer-fixture.h"

#define SECOND_US 1000000

/* FITHAW of the last one fails, which the others may stand on. @times: 0: always. */
static void
begin_refused(Fixture *f, unsigned count, unsigned times)
{
    static const unsigned LEVELS[FILESYSTEMS_MAX];

    begin_with(f, LEVELS, count);
    freeze(f);
    fake_sys_fail(f->fake, f->fs[count - 1], FAKE_THAW, times > 0, EIO);
    for (unsigned nth = 2; nth <= times; nth++)
        fake_sys_fail(f->fake, f->fs[count - 1], FAKE_THAW, nth, EIO);
}

static void
refuse_times(Fixture *f, unsigned i, unsigned times)
{
    for (unsigned nth = 1; nth <= times; nth++)
        fake_sys_fail(f->fake, f->fs[i], FAKE_THAW, nth, EIO);
}

/* It is found stuck, and the clock goes on until it is tried again. */
static void
look_when_stuck(Fixture *f, unsigned i)
{
    run_until_state(f, i, FROST_FS_STUCK);
    assert_int_equal(frost_sequencer_advance(&f->sequencer), FROST_SEQUENCER_PENDING);
    look_once(f);
}

/* The last one. */
static void
try_again(Fixture *f)
{
    look_when_stuck(f, f->count - 1);
}

/* The first stands on the second, and FITHAW waits for that. */
static void
what_could_not_be_thawed_is_tried_again_while_others_wait(void **state)
{
    Fixture *f = *state;

    begin_refused(f, 2, 2);
    fake_sys_hold(f->fake, f->fs[0], FAKE_THAW);
    frost_sequencer_thaw(&f->sequencer);
    assert_true(fake_sys_wait_held(f->fake, f->fs[0], FAKE_THAW));
    try_again(f);
    run_until_state(f, 1, FROST_FS_THAWED);
    fake_sys_release(f->fake, f->fs[0], FAKE_THAW);

    assert_int_equal(run(f), FROST_SEQUENCER_THAWED);
    assert_int_equal(fake_sys_frozen(f->fake), 0);
}

static unsigned
count_idle(Fixture *f)
{
    pthread_mutex_lock(&f->workers->lock);
    unsigned idle = f->workers->idle;
    pthread_mutex_unlock(&f->workers->lock);
    return idle;
}

static void
wait_for_idle_ones(Fixture *f, unsigned count)
{
    gint64 deadline_us = test_deadline_us();

    while (count_idle(f) < count)
        test_yield(deadline_us);
}

/* The first two stand on the third. Two threads for three: one of them inside FITHAW of another for
 * good would be one too many. */
static void
one_thread_is_kept_for_what_is_tried_again(void **state)
{
    Fixture *f = *state;

    f->threads = 2;
    begin_refused(f, 3, 3);
    fake_sys_hold(f->fake, f->fs[0], FAKE_THAW);
    fake_sys_hold(f->fake, f->fs[1], FAKE_THAW);
    frost_sequencer_thaw(&f->sequencer);
    assert_true(fake_sys_wait_held(f->fake, f->fs[1], FAKE_THAW));
    run_until_state(f, 2, FROST_FS_STUCK);
    wait_for_idle_ones(f, 1);
    try_again(f);
    run_until_state(f, 2, FROST_FS_THAWED);
    assert_true(fake_sys_wait_held(f->fake, f->fs[0], FAKE_THAW)); /* it is free for that now */

    fake_sys_release(f->fake, f->fs[0], FAKE_THAW);
    fake_sys_release(f->fake, f->fs[1], FAKE_THAW);
    assert_int_equal(run(f), FROST_SEQUENCER_THAWED);
    assert_int_equal(fake_sys_frozen(f->fake), 0);
}

/* Nothing else waits for what fails again and again. */
static void
the_others_have_all_threads_after_three_seconds(void **state)
{
    Fixture *f = *state;

    f->threads = 2;
    begin_refused(f, 3, 0);
    fake_sys_set_boottime(f->fake, 100 * SECOND_US);
    fake_sys_hold(f->fake, f->fs[1], FAKE_THAW);
    frost_sequencer_thaw(&f->sequencer);
    assert_true(fake_sys_wait_held(f->fake, f->fs[1], FAKE_THAW));
    try_again(f);
    run_until_state(f, 2, FROST_FS_STUCK);
    wait_for_idle_ones(f, 1);
    assert_int_equal(state_of(f, 0), FROST_FS_FROZEN);
    try_again(f);
    run_until_state(f, 0, FROST_FS_THAWED);
    assert_int_equal(frost_kernel_now_us(f->workers->kernel), 103 * SECOND_US);

    fake_sys_release(f->fake, f->fs[1], FAKE_THAW);
    assert_int_equal(run(f), FROST_SEQUENCER_THAWED);
    assert_int_equal(state_of(f, 2), FROST_FS_STUCK);
}

/* Both levels before its own have to be waited for: that counts for nothing. */
static void
the_three_seconds_begin_when_it_is_found_stuck(void **state)
{
    Fixture *f = *state;

    f->threads = 3;
    begin_with(f, (const unsigned[]){2, 1, 0, 0}, 4);
    freeze(f);
    refuse_times(f, 3, 3);
    for (unsigned i = 0; i < 3; i++)
        fake_sys_hold(f->fake, f->fs[i], FAKE_THAW);
    fake_sys_set_boottime(f->fake, 100 * SECOND_US);
    frost_sequencer_thaw(&f->sequencer);
    for (unsigned i = 0; i < 2; i++) {
        assert_true(fake_sys_wait_held(f->fake, f->fs[i], FAKE_THAW));
        look_once(f);
    }
    run_until_state(f, 3, FROST_FS_STUCK);
    wait_for_idle_ones(f, 1);
    try_again(f);
    run_until_state(f, 3, FROST_FS_THAWED);
    assert_int_equal(frost_kernel_now_us(f->workers->kernel), 103 * SECOND_US);

    for (unsigned i = 0; i < 3; i++)
        fake_sys_release(f->fake, f->fs[i], FAKE_THAW);
    assert_int_equal(run(f), FROST_SEQUENCER_THAWED);
}

/* As an agent leaves it whose freezer has tried to thaw it. */
static void
be_refused_before(Fixture *f, unsigned i)
{
    atomic_store(&f->ledger->data->filesystems[i].thaw_begun_us, 1);
}

/* The other two may take all threads, and wait for it there. */
static void
what_an_earlier_freezer_could_not_thaw_is_first_in_its_level(void **state)
{
    Fixture *f = *state;

    f->threads = 2;
    begin_with(f, (const unsigned[]){0, 0, 0}, 3);
    freeze(f);
    be_refused_before(f, 0);
    fake_sys_hold(f->fake, f->fs[1], FAKE_THAW);
    fake_sys_hold(f->fake, f->fs[2], FAKE_THAW);
    frost_sequencer_thaw(&f->sequencer);
    run_until_state(f, 0, FROST_FS_THAWED);
    assert_true(fake_sys_wait_held(f->fake, f->fs[1], FAKE_THAW));
    assert_true(fake_sys_wait_held(f->fake, f->fs[2], FAKE_THAW));

    fake_sys_release(f->fake, f->fs[1], FAKE_THAW);
    fake_sys_release(f->fake, f->fs[2], FAKE_THAW);
    assert_int_equal(run(f), FROST_SEQUENCER_THAWED);
    assert_int_equal(count_calls(f, "thaw", 0), 1);
}

/* It stands on both. */
static void
what_an_earlier_freezer_could_not_thaw_waits_for_its_level(void **state)
{
    Fixture *f = *state;

    f->threads = 2;
    begin_with(f, (const unsigned[]){0, 1, 1}, 3);
    freeze(f);
    be_refused_before(f, 0);
    fake_sys_hold(f->fake, f->fs[1], FAKE_THAW);
    fake_sys_hold(f->fake, f->fs[2], FAKE_THAW);
    frost_sequencer_thaw(&f->sequencer);
    assert_true(fake_sys_wait_held(f->fake, f->fs[1], FAKE_THAW));
    assert_true(fake_sys_wait_held(f->fake, f->fs[2], FAKE_THAW));
    assert_int_equal(state_of(f, 0), FROST_FS_FROZEN);

    fake_sys_release(f->fake, f->fs[1], FAKE_THAW);
    fake_sys_release(f->fake, f->fs[2], FAKE_THAW);
    assert_int_equal(run(f), FROST_SEQUENCER_THAWED);
    assert_int_equal(fake_sys_frozen(f->fake), 0);
}

/* The first stands on the second. */
static void
a_thaw_that_begins_keeps_the_order_of_what_is_stuck(void **state)
{
    Fixture *f = *state;

    begin_with(f, (const unsigned[]){0, 1, 1}, 3);
    freeze(f);
    for (unsigned i = 0; i < 2; i++)
        atomic_store(&f->ledger->data->filesystems[i].state, FROST_FS_STUCK);
    fake_sys_hold(f->fake, f->fs[1], FAKE_THAW);
    frost_sequencer_thaw(&f->sequencer);
    assert_true(fake_sys_wait_held(f->fake, f->fs[1], FAKE_THAW));
    run_until_state(f, 2, FROST_FS_THAWED);
    wait_for_idle_ones(f, 2);
    assert_int_equal(state_of(f, 0), FROST_FS_FROZEN);
    fake_sys_release(f->fake, f->fs[1], FAKE_THAW);

    assert_int_equal(run(f), FROST_SEQUENCER_THAWED);
    assert_int_equal(fake_sys_frozen(f->fake), 0);
}

/* The first stands on the second, and one thread is left for both. */
static void
what_is_stuck_is_tried_again_in_its_order(void **state)
{
    Fixture *f = *state;

    f->threads = 2;
    begin_with(f, (const unsigned[]){0, 1, 1}, 3);
    freeze(f);
    refuse_times(f, 0, 2);
    refuse_times(f, 1, 6);
    fake_sys_hold(f->fake, f->fs[2], FAKE_THAW);
    frost_sequencer_thaw(&f->sequencer);
    look_when_stuck(f, 1);
    look_when_stuck(f, 1);
    look_when_stuck(f, 0);
    run_until_state(f, 0, FROST_FS_THAWED);
    fake_sys_release(f->fake, f->fs[2], FAKE_THAW);
    assert_int_equal(run(f), FROST_SEQUENCER_THAWED);

    g_autofree char *journal = fake_sys_journal(f->fake);
    assert_non_null(strstr(journal, "thaw /1: EIO\nthaw /0: EIO\nthaw /0: EIO\n"
                                    "thaw /1\nthaw /0\n"));
}

/* The first stands on the second. That was tried twice, and the first was tried by an earlier
 * freezer. */
static void
what_is_refused_leaves_the_last_thread_to_what_it_stands_on(void **state)
{
    Fixture *f = *state;

    f->threads = 2;
    begin_with(f, (const unsigned[]){0, 1, 1}, 3);
    freeze(f);
    be_refused_before(f, 0);
    refuse_times(f, 1, 4);
    fake_sys_hold(f->fake, f->fs[2], FAKE_THAW);
    frost_sequencer_thaw(&f->sequencer);
    look_when_stuck(f, 1);
    run_until_state(f, 1, FROST_FS_STUCK);
    wait_for_idle_ones(f, 1);
    assert_int_equal(state_of(f, 0), FROST_FS_FROZEN);
    look_when_stuck(f, 1);
    run_until_state(f, 0, FROST_FS_THAWED);
    assert_int_equal(state_of(f, 1), FROST_FS_THAWED);

    fake_sys_release(f->fake, f->fs[2], FAKE_THAW);
    assert_int_equal(run(f), FROST_SEQUENCER_THAWED);
}

/* All but one are on a disk that is gone; the last one that is thawed is well. */
static void
a_thread_is_kept_for_ten_seconds_in_all(void **state)
{
    Fixture *f = *state;

    f->threads = 2;
    begin_with(f, (const unsigned[]){0, 0, 0, 0, 0, 0, 0, 0}, 8);
    freeze(f);
    for (unsigned i = 1; i < 7; i++)
        fake_sys_fail(f->fake, f->fs[i], FAKE_THAW, 0, EIO);
    fake_sys_hold(f->fake, f->fs[7], FAKE_THAW);
    fake_sys_set_boottime(f->fake, 100 * SECOND_US);
    frost_sequencer_thaw(&f->sequencer);
    for (unsigned i = 6; i > 3; i--) {
        look_when_stuck(f, i);
        look_when_stuck(f, i);
    }
    look_when_stuck(f, 3);
    run_until_state(f, 0, FROST_FS_THAWED);
    assert_int_equal(frost_kernel_now_us(f->workers->kernel), 110 * SECOND_US);

    fake_sys_release(f->fake, f->fs[7], FAKE_THAW);
    assert_int_equal(run(f), FROST_SEQUENCER_THAWED);
}

/* The first of them ends with it on a thread, and without one for the second filesystem. */
static void
each_thaw_counts_anew(void **state)
{
    Fixture *f = *state;

    f->threads = 2;
    begin_refused(f, 3, 0);
    fake_sys_hold(f->fake, f->fs[0], FAKE_THAW);
    fake_sys_hold(f->fake, f->fs[1], FAKE_THAW);
    frost_sequencer_thaw(&f->sequencer);
    try_again(f);
    try_again(f);
    assert_true(fake_sys_wait_held(f->fake, f->fs[0], FAKE_THAW));
    fake_sys_release(f->fake, f->fs[0], FAKE_THAW);
    run_until_state(f, 0, FROST_FS_THAWED);
    run_until_state(f, 2, FROST_FS_STUCK);
    frost_sequencer_thaw(&f->sequencer);
    run_until_state(f, 2, FROST_FS_STUCK);
    int64_t before_us = frost_kernel_now_us(f->workers->kernel);
    try_again(f);
    assert_int_equal(frost_kernel_now_us(f->workers->kernel), before_us + SECOND_US);

    fake_sys_release(f->fake, f->fs[1], FAKE_THAW);
    assert_int_equal(run(f), FROST_SEQUENCER_THAWED);
}

/* Two threads wait for the second filesystem; the third one is inside FITHAW of the first when
 * another thaw begins, and comes back with an error before the second has its turn again. */
static void
what_has_its_turn_again_is_not_behind_what_is_kept_back_for_it(void **state)
{
    Fixture *f = *state;

    f->threads = 3;
    begin_with(f, (const unsigned[]){0, 1, 2, 3}, 4);
    freeze(f);
    refuse_times(f, 0, 2);
    refuse_times(f, 1, 6);
    fake_sys_hold(f->fake, f->fs[3], FAKE_THAW);
    fake_sys_hold(f->fake, f->fs[2], FAKE_THAW);
    fake_sys_hold(f->fake, f->fs[0], FAKE_THAW);
    frost_sequencer_thaw(&f->sequencer);
    look_once(f);
    assert_true(fake_sys_wait_held(f->fake, f->fs[2], FAKE_THAW));
    look_once(f);
    for (unsigned i = 0; i < 2; i++)
        look_when_stuck(f, 1);
    assert_true(fake_sys_wait_held(f->fake, f->fs[0], FAKE_THAW));

    frost_sequencer_thaw(&f->sequencer);
    look_once(f);
    fake_sys_release(f->fake, f->fs[0], FAKE_THAW);
    look_when_stuck(f, 0);
    run_until_state(f, 1, FROST_FS_THAWED);
    run_until_state(f, 0, FROST_FS_THAWED);

    fake_sys_release(f->fake, f->fs[3], FAKE_THAW);
    fake_sys_release(f->fake, f->fs[2], FAKE_THAW);
    assert_int_equal(run(f), FROST_SEQUENCER_THAWED);
}

/* The third is refused for the fourth time; the second then, for the first. It has three tries like
 * that one, at once and after one and two seconds, with a thread that the first one does not get.
 */
static void
each_that_is_refused_has_a_thread_for_three_tries(void **state)
{
    Fixture *f = *state;

    f->threads = 2;
    begin_with(f, (const unsigned[]){0, 0, 0, 0}, 4);
    freeze(f);
    fake_sys_fail(f->fake, f->fs[2], FAKE_THAW, 0, EIO);
    refuse_times(f, 1, 4);
    fake_sys_hold(f->fake, f->fs[3], FAKE_THAW);
    fake_sys_set_boottime(f->fake, 100 * SECOND_US);
    frost_sequencer_thaw(&f->sequencer);
    look_when_stuck(f, 2);
    look_when_stuck(f, 2);
    run_until_state(f, 1, FROST_FS_STUCK);
    wait_for_idle_ones(f, 1);
    look_when_stuck(f, 2);
    run_until_state(f, 1, FROST_FS_STUCK);
    wait_for_idle_ones(f, 1);
    assert_int_equal(state_of(f, 0), FROST_FS_FROZEN);
    look_when_stuck(f, 2);
    run_until_state(f, 0, FROST_FS_THAWED);
    assert_int_equal(state_of(f, 1), FROST_FS_THAWED);
    assert_int_equal(frost_kernel_now_us(f->workers->kernel), 106 * SECOND_US);

    fake_sys_release(f->fake, f->fs[3], FAKE_THAW);
    assert_int_equal(run(f), FROST_SEQUENCER_THAWED);
}

/* The second thread has just begun to try the third again. */
static void
threads_are_not_exhausted_while_one_has_just_begun(void **state)
{
    Fixture *f = *state;

    f->threads = 2;
    begin_refused(f, 3, 2);
    fake_sys_hold(f->fake, f->fs[1], FAKE_THAW);
    fake_sys_set_boottime(f->fake, 100 * SECOND_US);
    frost_sequencer_thaw(&f->sequencer);
    assert_true(fake_sys_wait_held(f->fake, f->fs[1], FAKE_THAW));
    run_until_state(f, 2, FROST_FS_STUCK);
    wait_for_idle_ones(f, 1);
    fake_sys_hold(f->fake, f->fs[2], FAKE_THAW);
    try_again(f);
    assert_true(fake_sys_wait_held(f->fake, f->fs[2], FAKE_THAW));
    assert_false(frost_workers_are_exhausted(f->workers, 3 * SECOND_US));
    fake_sys_set_boottime(f->fake, 103 * SECOND_US);
    assert_false(frost_workers_are_exhausted(f->workers, 3 * SECOND_US));
    fake_sys_set_boottime(f->fake, 104 * SECOND_US);
    assert_true(frost_workers_are_exhausted(f->workers, 3 * SECOND_US));

    fake_sys_release(f->fake, f->fs[1], FAKE_THAW);
    fake_sys_release(f->fake, f->fs[2], FAKE_THAW);
    assert_int_equal(run(f), FROST_SEQUENCER_THAWED);
}

/* Only a later freezer can try that again. */
static void
no_thread_is_kept_for_what_could_not_be_opened(void **state)
{
    Fixture *f = *state;

    f->threads = 2;
    begin_with(f, (const unsigned[]){0, 0, 0}, 3);
    freeze(f);
    atomic_store(&f->ledger->data->filesystems[2].state, FROST_FS_STUCK);
    f->workers->refusals.is_open[2] = false;
    fake_sys_hold(f->fake, f->fs[1], FAKE_THAW);
    frost_sequencer_thaw(&f->sequencer);
    assert_true(fake_sys_wait_held(f->fake, f->fs[1], FAKE_THAW));
    run_until_state(f, 0, FROST_FS_THAWED);

    fake_sys_release(f->fake, f->fs[1], FAKE_THAW);
    assert_int_equal(run(f), FROST_SEQUENCER_THAWED);
}

/* Both of two threads wait in FITHAW for the third filesystem. */
static void
threads_that_all_wait_for_what_has_to_be_thawed_are_exhausted(void **state)
{
    Fixture *f = *state;

    f->threads = 2;
    begin_refused(f, 3, 6);
    fake_sys_hold(f->fake, f->fs[0], FAKE_THAW);
    fake_sys_hold(f->fake, f->fs[1], FAKE_THAW);
    frost_sequencer_thaw(&f->sequencer);
    assert_true(fake_sys_wait_held(f->fake, f->fs[1], FAKE_THAW));
    try_again(f);
    try_again(f);
    assert_true(fake_sys_wait_held(f->fake, f->fs[0], FAKE_THAW));
    run_until_state(f, 2, FROST_FS_STUCK);
    assert_false(
        frost_workers_are_exhausted(f->workers, 3 * SECOND_US)); /* one was there just now */
    fake_sys_set_boottime(f->fake, frost_kernel_now_us(f->workers->kernel) + 3 * SECOND_US);
    assert_true(frost_workers_are_exhausted(f->workers,
                                            3 * SECOND_US)); /* it is stuck, and nothing waits */
    try_again(f);
    assert_true(frost_workers_are_exhausted(f->workers, 3 * SECOND_US));

    fake_sys_release(f->fake, f->fs[1], FAKE_THAW);
    run_until_state(f, 2, FROST_FS_THAWED);
    assert_false(frost_workers_are_exhausted(f->workers, 3 * SECOND_US));
    fake_sys_release(f->fake, f->fs[0], FAKE_THAW);
    assert_int_equal(run(f), FROST_SEQUENCER_THAWED);
}

/* They do what they can, one after the other. */
static void
threads_that_come_back_are_not_exhausted(void **state)
{
    Fixture *f = *state;

    f->threads = 2;
    begin_with(f, (const unsigned[]){0, 0, 0, 0}, 4);
    freeze(f);
    fake_sys_hold(f->fake, f->fs[3], FAKE_THAW);
    fake_sys_hold(f->fake, f->fs[1], FAKE_THAW);
    fake_sys_hold(f->fake, f->fs[0], FAKE_THAW);
    fake_sys_set_boottime(f->fake, 100 * SECOND_US);
    frost_sequencer_thaw(&f->sequencer);
    assert_true(fake_sys_wait_held(f->fake, f->fs[3], FAKE_THAW));
    assert_true(fake_sys_wait_held(f->fake, f->fs[1], FAKE_THAW)); /* after /2 */
    assert_false(frost_workers_are_exhausted(f->workers, 3 * SECOND_US));
    fake_sys_set_boottime(f->fake, 103 * SECOND_US);
    assert_true(frost_workers_are_exhausted(f->workers, 3 * SECOND_US));

    for (unsigned i = 0; i < f->count; i++)
        fake_sys_release(f->fake, f->fs[i], FAKE_THAW);
    assert_int_equal(run(f), FROST_SEQUENCER_THAWED);
}

/* Another thread waits in FITHAW for good, and each level would be waited for. */
static void
it_is_tried_again_also_while_a_level_is_waited_for(void **state)
{
    Fixture *f = *state;

    begin_with(f, (const unsigned[]){0, 1, 1}, 3);
    freeze(f);
    fake_sys_fail(f->fake, f->fs[2], FAKE_THAW, 1, EIO);
    fake_sys_fail(f->fake, f->fs[2], FAKE_THAW, 2, EIO);
    fake_sys_hold(f->fake, f->fs[1], FAKE_THAW);
    frost_sequencer_thaw(&f->sequencer);
    try_again(f);
    run_until_state(f, 2, FROST_FS_THAWED);
    run_until_state(f, 0, FROST_FS_THAWED);

    fake_sys_release(f->fake, f->fs[1], FAKE_THAW);
    assert_int_equal(run(f), FROST_SEQUENCER_THAWED);
    assert_int_equal(fake_sys_frozen(f->fake), 0);
}

/* Nobody else knows of it: the ledger is in memory. */
static void
a_thaw_that_stays_does_not_end_before_what_the_kernel_refused_is_thawed(void **state)
{
    Fixture *f = *state;

    begin_refused(f, 1, 40);
    f->sequencer.stuck.patience_us = FROST_STUCK_FOR_EVER_US;
    frost_sequencer_thaw(&f->sequencer);
    for (unsigned i = 0; i < 20; i++)
        try_again(f);

    assert_int_equal(run(f), FROST_SEQUENCER_THAWED);
    assert_int_equal(state_of(f, 0), FROST_FS_THAWED);
    assert_int_equal(fake_sys_frozen(f->fake), 0);
}

/* Hooks wait for the recovery. */
static void
one_that_stays_for_a_while_ends_after_fifteen_seconds(void **state)
{
    Fixture *f = *state;

    begin_refused(f, 1, 0);
    f->sequencer.stuck.patience_us = FROST_STUCK_A_WHILE_US;
    fake_sys_set_boottime(f->fake, 100 * SECOND_US);
    frost_sequencer_thaw(&f->sequencer);
    for (unsigned i = 0; i < 4; i++)
        try_again(f);

    assert_int_equal(run(f), FROST_SEQUENCER_THAWED);
    assert_int_equal(state_of(f, 0), FROST_FS_STUCK);
    assert_int_equal(frost_kernel_now_us(f->workers->kernel), 115 * SECOND_US);
}

int
main(void)
{
#define FIXTURE_TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        FIXTURE_TEST(what_could_not_be_thawed_is_tried_again_while_others_wait),
        FIXTURE_TEST(one_thread_is_kept_for_what_is_tried_again),
        FIXTURE_TEST(the_others_have_all_threads_after_three_seconds),
        FIXTURE_TEST(the_three_seconds_begin_when_it_is_found_stuck),
        FIXTURE_TEST(what_an_earlier_freezer_could_not_thaw_is_first_in_its_level),
        FIXTURE_TEST(what_an_earlier_freezer_could_not_thaw_waits_for_its_level),
        FIXTURE_TEST(a_thaw_that_begins_keeps_the_order_of_what_is_stuck),
        FIXTURE_TEST(what_is_stuck_is_tried_again_in_its_order),
        FIXTURE_TEST(what_is_refused_leaves_the_last_thread_to_what_it_stands_on),
        FIXTURE_TEST(a_thread_is_kept_for_ten_seconds_in_all),
        FIXTURE_TEST(each_thaw_counts_anew),
        FIXTURE_TEST(what_has_its_turn_again_is_not_behind_what_is_kept_back_for_it),
        FIXTURE_TEST(each_that_is_refused_has_a_thread_for_three_tries),
        FIXTURE_TEST(threads_are_not_exhausted_while_one_has_just_begun),
        FIXTURE_TEST(no_thread_is_kept_for_what_could_not_be_opened),
        FIXTURE_TEST(threads_that_all_wait_for_what_has_to_be_thawed_are_exhausted),
        FIXTURE_TEST(threads_that_come_back_are_not_exhausted),
        FIXTURE_TEST(it_is_tried_again_also_while_a_level_is_waited_for),
        FIXTURE_TEST(a_thaw_that_stays_does_not_end_before_what_the_kernel_refused_is_thawed),
        FIXTURE_TEST(one_that_stays_for_a_while_ends_after_fifteen_seconds),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
