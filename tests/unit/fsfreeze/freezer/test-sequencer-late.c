/* SPDX-License-Identifier: MIT */
#include <errno.h>

#include "sequencer-fixture.h"

#define DEAD_THREAD 101

/* Late ones ------------------------------------------------------------------------------------ */

static void
a_late_freeze_is_thawed_the_moment_it_completes(void **state)
{
    Fixture *f = *state;

    begin_with(f, (const unsigned[]){0, 0, 1}, 3);
    fake_sys_hold(f->fake, f->fs[0], FAKE_FREEZE);
    frost_sequencer_freeze(&f->sequencer);
    run_until_state(f, 1, FROST_FS_FROZEN);
    assert_true(fake_sys_wait_held(f->fake, f->fs[0], FAKE_FREEZE));
    frost_sequencer_thaw(&f->sequencer);

    /* The others at once, without a FITHAW on the late one. */
    run_until_state(f, 1, FROST_FS_THAWED);
    assert_int_equal(frost_sequencer_advance(&f->sequencer), FROST_SEQUENCER_PENDING);
    assert_int_equal(state_of(f, 0), FROST_FS_ABANDONED);
    assert_journal(f, "freeze /1\nthaw /1\n");

    fake_sys_release(f->fake, f->fs[0], FAKE_FREEZE);
    assert_int_equal(run(f), FROST_SEQUENCER_THAWED);
    assert_journal(f, "freeze /1\nthaw /1\nfreeze /0\nthaw /0\n");
    assert_int_equal(fake_sys_frozen(f->fake), 0);
}

static void
a_late_freeze_that_is_refused_is_not_thawed(void **state)
{
    Fixture *f = *state;

    begin_with(f, (const unsigned[]){0}, 1);
    fake_sys_hold(f->fake, f->fs[0], FAKE_FREEZE);
    fake_sys_fail(f->fake, f->fs[0], FAKE_FREEZE, 1, EBUSY);
    frost_sequencer_freeze(&f->sequencer);
    assert_true(fake_sys_wait_held(f->fake, f->fs[0], FAKE_FREEZE));
    frost_sequencer_thaw(&f->sequencer);
    fake_sys_release(f->fake, f->fs[0], FAKE_FREEZE);

    assert_int_equal(run(f), FROST_SEQUENCER_THAWED);
    assert_journal(f, "freeze /0: EBUSY\n");
}

/* Of a freezer that has died in the call: no thread of ours will ever come back with it. The others
 * are thawed at once; FITHAW comes when that thread has let go, and not before. */
static void
what_a_dead_freezers_thread_is_at_is_thawed_once_it_has_let_go(void **state)
{
    static const FrostFsState STATES[] = {FROST_FS_FREEZING, FROST_FS_ABANDONED, FROST_FS_THAWING};

    for (unsigned i = 0; i < G_N_ELEMENTS(STATES); i++) {
        Fixture *f;

        set_up((void **)&f);
        begin_with(f, (const unsigned[]){0, 0, 1}, 3);
        fake_sys_freeze_earlier(f->fake, f->fs[0]);
        atomic_store(&f->ledger->data->filesystems[0].state, FROST_FS_FROZEN);
        atomic_store(&f->ledger->data->filesystems[1].state, STATES[i]);
        atomic_store(&f->ledger->data->filesystems[1].worker, DEAD_THREAD);
        fake_sys_set_living_thread(f->fake, DEAD_THREAD);
        frost_sequencer_init(&f->sequencer, f->workers);
        frost_sequencer_thaw(&f->sequencer);
        run_until_state(f, 0, FROST_FS_THAWED);
        assert_int_equal(frost_sequencer_advance(&f->sequencer), FROST_SEQUENCER_PENDING);
        fake_sys_set_boottime(f->fake, frost_sequencer_look_us(&f->sequencer));
        assert_false(frost_sequencer_look(&f->sequencer));
        assert_journal(f, "thaw /0\n");

        fake_sys_freeze_earlier(f->fake, f->fs[1]);
        fake_sys_set_living_thread(f->fake, 0);
        fake_sys_set_boottime(f->fake, frost_sequencer_look_us(&f->sequencer));
        assert_true(frost_sequencer_look(&f->sequencer));
        assert_int_equal(run(f), FROST_SEQUENCER_THAWED);
        assert_int_equal(frost_sequencer_look_us(&f->sequencer), 0);
        assert_journal(f, "thaw /0\nthaw /1\n");
        tear_down((void **)&f);
    }
}

/* Two threads for three: the second filesystem waits in FIFREEZE, and the third for its turn. */
static void
one_of_too_few_threads_is_kept_for_what_has_to_be_thawed(void **state)
{
    Fixture *f = *state;

    f->threads = 2;
    begin_with(f, (const unsigned[]){0, 0, 0}, 3);
    fake_sys_hold(f->fake, f->fs[1], FAKE_FREEZE);
    fake_sys_hold(f->fake, f->fs[2], FAKE_FREEZE);
    frost_sequencer_freeze(&f->sequencer);
    run_until_state(f, 0, FROST_FS_FROZEN);
    assert_true(fake_sys_wait_held(f->fake, f->fs[1], FAKE_FREEZE));
    frost_sequencer_thaw(&f->sequencer);
    run_until_state(f, 0, FROST_FS_THAWED);
    assert_int_equal(state_of(f, 1), FROST_FS_ABANDONED);
    assert_int_equal(state_of(f, 2), FROST_FS_OPEN);

    fake_sys_release(f->fake, f->fs[1], FAKE_FREEZE);
    assert_int_equal(run(f), FROST_SEQUENCER_THAWED);
    assert_journal(f, "freeze /0\nthaw /0\nfreeze /1\nthaw /1\n");
}

static void
too_few_threads_freeze_all_the_same(void **state)
{
    Fixture *f = *state;

    f->threads = 2;
    begin_with(f, (const unsigned[]){0, 0, 0, 1, 1, 1}, 6);
    freeze(f);
    assert_int_equal(fake_sys_frozen(f->fake), 6);
    thaw(f);
    assert_int_equal(fake_sys_frozen(f->fake), 0);
}

static void
a_filesystem_that_could_not_be_thawed_is_tried_again_by_the_next_thaw(void **state)
{
    Fixture *f = *state;

    begin_with(f, (const unsigned[]){0, 0}, 2);
    freeze(f);
    fake_sys_fail(f->fake, f->fs[0], FAKE_THAW, 0, EIO);
    thaw(f);
    assert_int_equal(state_of(f, 0), FROST_FS_STUCK);
    assert_int_equal(state_of(f, 1), FROST_FS_THAWED);

    fake_sys_fail(f->fake, f->fs[0], FAKE_THAW, 0, 0);
    thaw(f);
    assert_int_equal(state_of(f, 0), FROST_FS_THAWED);
    assert_int_equal(fake_sys_frozen(f->fake), 0);
}

static void
a_late_one_keeps_nobody_else_frozen(void **state)
{
    Fixture *f = *state;

    begin_with(f, (const unsigned[]){0, 0}, 2);
    fake_sys_hold(f->fake, f->fs[0], FAKE_FREEZE);
    frost_sequencer_freeze(&f->sequencer);
    run_until_state(f, 1, FROST_FS_FROZEN);
    assert_true(fake_sys_wait_held(f->fake, f->fs[0], FAKE_FREEZE));
    frost_sequencer_thaw(&f->sequencer);
    run_until_state(f, 1, FROST_FS_THAWED);

    assert_true(frost_sequencer_has_abandoned(&f->sequencer));
    assert_int_equal(frost_sequencer_advance(&f->sequencer), FROST_SEQUENCER_PENDING);

    fake_sys_release(f->fake, f->fs[0], FAKE_FREEZE);
    run_until_state(f, 0, FROST_FS_THAWED);
    assert_false(frost_sequencer_has_abandoned(&f->sequencer));
    assert_int_equal(count_calls(f, "thaw", 0), 1);
}

/* It ends while nobody looks: the freezer was stopped, and finds both on its way on. */
static void
a_freeze_that_ends_after_its_deadline_fails(void **state)
{
    Fixture *f = *state;

    begin_with(f, (const unsigned[]){0, 0}, 2);
    f->ledger->data->freeze_limit_us = 1000000;
    fake_sys_set_boottime(f->fake, 5000000);
    fake_sys_hold(f->fake, f->fs[1], FAKE_FREEZE);
    frost_sequencer_freeze(&f->sequencer);
    run_until_state(f, 0, FROST_FS_FROZEN);
    assert_true(fake_sys_wait_held(f->fake, f->fs[1], FAKE_FREEZE));
    fake_sys_set_boottime(f->fake, 6000001);
    fake_sys_release(f->fake, f->fs[1], FAKE_FREEZE);

    assert_int_equal(run(f), FROST_SEQUENCER_FAILED);
    assert_int_equal(f->sequencer.culprit, 1);
    assert_int_equal(f->sequencer.error, ETIMEDOUT);
    assert_int_equal(fake_sys_frozen(f->fake), 0);
}

/* As with two threads, one of which is kept free: the third has not even begun. */
static void
a_limit_that_passes_before_a_freeze_has_begun_names_the_one_that_waits(void **state)
{
    Fixture *f = *state;

    begin_with(f, (const unsigned[]){0, 0}, 2);
    atomic_store(&f->ledger->data->filesystems[0].state, FROST_FS_FOREIGN);
    f->workers->wanted = f->workers->thread_count + 1;
    f->workers->freezing = f->workers->thread_count;
    frost_sequencer_freeze(&f->sequencer);
    assert_int_equal(state_of(f, 1), FROST_FS_OPEN);
    frost_sequencer_expire(&f->sequencer);
    assert_int_equal(f->sequencer.culprit, 1);
    assert_int_equal(run(f), FROST_SEQUENCER_FAILED);
}

/* Between the look at the filesystems and the one at the clock. */
static void
a_limit_that_passes_just_as_all_is_frozen_names_the_last(void **state)
{
    Fixture *f = *state;

    begin_with(f, (const unsigned[]){0, 0}, 2);
    fake_sys_set_boottime(f->fake, 5000000);
    frost_sequencer_freeze(&f->sequencer);
    gint64 deadline_us = test_deadline_us();
    while (state_of(f, 0) != FROST_FS_FROZEN || state_of(f, 1) != FROST_FS_FROZEN)
        test_yield(deadline_us);
    atomic_store(&f->ledger->data->filesystems[1].frozen_us, 6000000);
    frost_sequencer_expire(&f->sequencer);
    assert_int_equal(f->sequencer.culprit, 1);
    assert_int_equal(run(f), FROST_SEQUENCER_FAILED);
}

static void
a_freeze_that_ends_on_its_deadline_holds(void **state)
{
    Fixture *f = *state;

    begin_with(f, (const unsigned[]){0}, 1);
    f->ledger->data->freeze_limit_us = 1000000;
    fake_sys_set_boottime(f->fake, 5000000);
    fake_sys_hold(f->fake, f->fs[0], FAKE_FREEZE);
    frost_sequencer_freeze(&f->sequencer);
    assert_true(fake_sys_wait_held(f->fake, f->fs[0], FAKE_FREEZE));
    fake_sys_set_boottime(f->fake, 6000000);
    fake_sys_release(f->fake, f->fs[0], FAKE_FREEZE);

    assert_int_equal(run(f), FROST_SEQUENCER_FROZEN);
    thaw(f);
}

static void
a_second_thaw_changes_nothing_but_the_answer(void **state)
{
    Fixture *f = *state;

    begin_with(f, (const unsigned[]){0, 0, 1}, 3);
    freeze(f);
    fake_sys_hold(f->fake, f->fs[2], FAKE_THAW);
    frost_sequencer_thaw(&f->sequencer);
    assert_true(fake_sys_wait_held(f->fake, f->fs[2], FAKE_THAW));
    frost_sequencer_thaw(&f->sequencer);
    assert_int_equal(frost_sequencer_advance(&f->sequencer), FROST_SEQUENCER_PENDING);
    assert_int_equal(state_of(f, 0), FROST_FS_FROZEN);
    fake_sys_release(f->fake, f->fs[2], FAKE_THAW);

    assert_int_equal(run(f), FROST_SEQUENCER_THAWED);
    for (unsigned i = 0; i < 3; i++)
        assert_int_equal(count_calls(f, "thaw", i), 1);
}

/* Thaws that go wrong -------------------------------------------------------------------------- */

static void
a_thaw_that_fails_is_tried_twice_and_then_stuck(void **state)
{
    Fixture *f = *state;

    begin_with(f, (const unsigned[]){0, 0}, 2);
    freeze(f);
    fake_sys_fail(f->fake, f->fs[0], FAKE_THAW, 0, EIO);
    thaw(f);

    assert_int_equal(state_of(f, 0), FROST_FS_STUCK);
    assert_int_equal(state_of(f, 1), FROST_FS_THAWED);
    assert_int_equal(count_lines(f, "thaw /0: EIO"), 2);
    assert_int_equal(f->ledger->data->filesystems[0].error, EIO);
    assert_true(frost_ledger_holds(f->ledger));
}

static void
a_thaw_that_fails_once_is_tried_again(void **state)
{
    Fixture *f = *state;

    begin_with(f, (const unsigned[]){0}, 1);
    freeze(f);
    fake_sys_fail(f->fake, f->fs[0], FAKE_THAW, 1, EINTR);
    thaw(f);

    assert_int_equal(state_of(f, 0), FROST_FS_THAWED);
    assert_int_equal(fake_sys_frozen(f->fake), 0);
    assert_null(frost_ledger_find_amiss(f->ledger));
}

static void
a_disk_that_fails_the_first_thaw_is_not_forgotten_by_the_second(void **state)
{
    Fixture *f = *state;
    const FrostLedgerFs *fs;

    begin_with(f, (const unsigned[]){0, 0, 0}, 3);
    freeze(f);
    fake_sys_fail(f->fake, f->fs[1], FAKE_THAW, 1, EIO);
    thaw(f);

    assert_int_equal(fake_sys_frozen(f->fake), 0);
    fs = frost_ledger_find_amiss(f->ledger);
    assert_ptr_equal(fs, &f->ledger->data->filesystems[1]);
    assert_true(frost_ledger_has_faltered(fs));
    assert_int_equal(atomic_load(&fs->error), EIO);
}

static void
what_could_not_be_opened_is_stuck_without_a_call(void **state)
{
    Fixture *f = *state;

    begin_with(f, (const unsigned[]){0, 1}, 2);
    freeze(f);
    f->ledger->data->filesystems[1].fd = -1;
    thaw(f);

    assert_int_equal(state_of(f, 1), FROST_FS_STUCK);
    assert_int_equal(f->ledger->data->filesystems[1].error, EBADF);
    assert_journal(f, "freeze /0\nfreeze /1\nthaw /0\n");
}

static void
what_somebody_else_thawed_is_lost(void **state)
{
    Fixture *f = *state;

    begin_with(f, (const unsigned[]){0, 0}, 2);
    freeze(f);
    fake_sys_thaw_by_other(f->fake, f->fs[0]);
    thaw(f);

    assert_int_equal(state_of(f, 0), FROST_FS_LOST);
    assert_int_equal(count_lines(f, "thaw /0: EINVAL"), 1);
    assert_int_equal(frost_ledger_count(f->ledger, FROST_FS_THAWED), 1);
}

/* Its process died in the middle of FITHAW. */
static void
what_a_dead_freezers_thread_may_have_thawed_is_lost_for_that_reason(void **state)
{
    Fixture *f = *state;

    begin_with(f, (const unsigned[]){0, 0}, 2);
    freeze(f);
    FrostLedgerFs *fs = &f->ledger->data->filesystems[0];
    atomic_store(&fs->state, FROST_FS_THAWING);
    atomic_store(&fs->worker, DEAD_THREAD);
    fake_sys_thaw_by_other(f->fake, f->fs[0]);
    int fd = fs->fd;
    fs->fd = -1; /* it cannot be opened at first */
    frost_sequencer_init(&f->sequencer, f->workers);
    thaw(f);
    assert_int_equal(state_of(f, 0), FROST_FS_STUCK);
    fs->fd = fd;
    frost_ledger_step(fs, FROST_FS_STUCK, FROST_FS_FROZEN);
    frost_sequencer_init(&f->sequencer, f->workers);
    thaw(f);

    assert_int_equal(state_of(f, 0), FROST_FS_LOST);
    assert_int_equal(atomic_load(&fs->error), EOWNERDEAD);
}

static void
times_are_written_down(void **state)
{
    Fixture *f = *state;

    begin_with(f, (const unsigned[]){0}, 1);
    fake_sys_set_boottime(f->fake, 5000000);
    freeze(f);
    fake_sys_set_boottime(f->fake, 7000000);
    thaw(f);

    assert_int_equal(f->ledger->data->freeze_begun_us, 5000000);
    assert_int_equal(f->ledger->data->filesystems[0].frozen_us, 5000000);
    assert_int_equal(f->ledger->data->filesystems[0].thawed_us, 7000000);
}

/* A freezer takes over what another one had frozen before it was killed in the middle of a freeze.
 */
static void
a_hold_that_never_began_has_no_deadline(void **state)
{
    Fixture *f = *state;

    begin_with(f, (const unsigned[]){0, 0}, 2);
    f->ledger->data->hold_limit_us = 600 * G_USEC_PER_SEC;
    atomic_store(&f->ledger->data->filesystems[0].state, FROST_FS_FROZEN);

    assert_int_equal(frost_sequencer_deadline(&f->sequencer), 0);

    atomic_store(&f->ledger->data->frozen_us, G_GINT64_CONSTANT(7000000000));
    assert_int_equal(frost_sequencer_deadline(&f->sequencer), G_GINT64_CONSTANT(7600000000));
}

/* Whatever happens ----------------------------------------------------------------------------- */

static void
make_trouble(Fixture *f, GRand *rand)
{
    static const int REFUSALS[] = {EIO, EBUSY, EOPNOTSUPP, EPERM, EINVAL};

    for (unsigned i = 0; i < f->count; i++) {
        switch (g_rand_int_range(rand, 0, 12)) {
        case 0:
            fake_sys_fail(f->fake, f->fs[i], FAKE_FREEZE, 1,
                          REFUSALS[g_rand_int_range(rand, 0, G_N_ELEMENTS(REFUSALS))]);
            break;
        case 1:
            fake_sys_fail(f->fake, f->fs[i], FAKE_THAW, 1, EIO);
            break;
        case 2:
            fake_sys_hold(f->fake, f->fs[i], FAKE_FREEZE);
            break;
        case 3:
            fake_sys_freeze_by_other(f->fake, f->fs[i]);
            break;
        default:
            break;
        }
    }
}

/* A thaw may come at any moment: before, while and after the threads take their work. */
static FrostSequencerEvent
freeze_and_thaw_at_some_moment(Fixture *f, GRand *rand)
{
    FrostSequencerEvent news = FROST_SEQUENCER_PENDING;
    gint32 looks = g_rand_boolean(rand) ? g_rand_int_range(rand, 0, 8) : 200;

    frost_sequencer_freeze(&f->sequencer);
    for (gint32 spin = g_rand_int_range(rand, 0, 3000); spin > 0; spin--)
        atomic_signal_fence(memory_order_seq_cst);
    while (looks-- > 0 && news == FROST_SEQUENCER_PENDING) {
        news = frost_sequencer_advance(&f->sequencer);
        g_thread_yield();
    }
    assert_true(news != FROST_SEQUENCER_FROZEN ||
                (frost_ledger_count(f->ledger, FROST_FS_FAILED) == 0 &&
                 frost_ledger_count(f->ledger, FROST_FS_OPEN) == 0));
    if (news != FROST_SEQUENCER_FAILED)
        frost_sequencer_thaw(&f->sequencer);
    for (unsigned i = 0; i < f->count; i++)
        fake_sys_release(f->fake, f->fs[i], FAKE_FREEZE);
    return news == FROST_SEQUENCER_FAILED ? news : run(f);
}

static void
check_pairs(Fixture *f, unsigned round)
{
    for (unsigned i = 0; i < f->count; i++) {
        unsigned frozen = count_calls(f, "freeze", i);
        unsigned thawed = count_calls(f, "thaw", i);

        if (frozen != thawed || frozen > 1) {
            g_autofree char *journal = fake_sys_journal(f->fake);
            fail_msg("round %u: /%u frozen %u times, thawed %u times:\n%s", round, i, frozen,
                     thawed, journal);
        }
        assert_false(frost_fs_state_is_held(state_of(f, i)));
    }
}

static void
each_successful_freeze_has_exactly_one_thaw(void **state)
{
    g_autoptr(GRand) rand = g_rand_new_with_seed(20250801);
    gint64 enough_us = g_get_monotonic_time() + 20 * G_USEC_PER_SEC;

    /* Where others have the processors each round takes long: then fewer will do. */
    for (unsigned round = 0; round < 800; round++) {
        if (round > 100 && g_get_monotonic_time() > enough_us)
            break;

        Fixture *f;

        set_up((void **)&f);
        for (gint32 count = g_rand_int_range(rand, 1, FILESYSTEMS_MAX + 1); count > 0; count--)
            add(f, (unsigned)g_rand_int_range(rand, 0, 3));
        begin(f);
        make_trouble(f, rand);
        freeze_and_thaw_at_some_moment(f, rand);
        /* Idle: a thread that still had work would do it now. */
        frost_workers_stop(f->workers);
        check_pairs(f, round);
        frost_ledger_free(g_steal_pointer(&f->ledger));
        tear_down((void **)&f);
    }
}

int
main(void)
{
#define FIXTURE_TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        FIXTURE_TEST(a_late_freeze_is_thawed_the_moment_it_completes),
        FIXTURE_TEST(a_late_freeze_that_is_refused_is_not_thawed),
        cmocka_unit_test(what_a_dead_freezers_thread_is_at_is_thawed_once_it_has_let_go),
        FIXTURE_TEST(one_of_too_few_threads_is_kept_for_what_has_to_be_thawed),
        FIXTURE_TEST(too_few_threads_freeze_all_the_same),
        FIXTURE_TEST(a_filesystem_that_could_not_be_thawed_is_tried_again_by_the_next_thaw),
        FIXTURE_TEST(a_late_one_keeps_nobody_else_frozen),
        FIXTURE_TEST(a_freeze_that_ends_after_its_deadline_fails),
        FIXTURE_TEST(a_limit_that_passes_before_a_freeze_has_begun_names_the_one_that_waits),
        FIXTURE_TEST(a_limit_that_passes_just_as_all_is_frozen_names_the_last),
        FIXTURE_TEST(a_freeze_that_ends_on_its_deadline_holds),
        FIXTURE_TEST(a_hold_that_never_began_has_no_deadline),
        FIXTURE_TEST(a_second_thaw_changes_nothing_but_the_answer),
        FIXTURE_TEST(a_thaw_that_fails_is_tried_twice_and_then_stuck),
        FIXTURE_TEST(a_thaw_that_fails_once_is_tried_again),
        FIXTURE_TEST(a_disk_that_fails_the_first_thaw_is_not_forgotten_by_the_second),
        FIXTURE_TEST(what_could_not_be_opened_is_stuck_without_a_call),
        FIXTURE_TEST(what_somebody_else_thawed_is_lost),
        FIXTURE_TEST(what_a_dead_freezers_thread_may_have_thawed_is_lost_for_that_reason),
        FIXTURE_TEST(times_are_written_down),
        cmocka_unit_test(each_successful_freeze_has_exactly_one_thaw),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
