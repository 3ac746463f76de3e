/* SPDX-License-Identifier: MIT */
#include <errno.h>

#include "course-fixture.h"

/* Late ones ------------------------------------------------------------------------------------ */

static void
a_late_freeze_is_thawed_the_moment_it_completes(void **state)
{
    Fixture *f = *state;

    begin_with(f, (const unsigned[]){0, 0, 1}, 3);
    fake_sys_hold(f->fake, f->fs[0], FAKE_FREEZE);
    frost_course_freeze(&f->course);
    run_until_state(f, 1, FROST_FS_FROZEN);
    assert_true(fake_sys_wait_held(f->fake, f->fs[0], FAKE_FREEZE));
    frost_course_thaw(&f->course);

    /* The others at once, without a FITHAW on the late one. */
    run_until_state(f, 1, FROST_FS_THAWED);
    assert_int_equal(frost_course_advance(&f->course), FROST_COURSE_PENDING);
    assert_int_equal(state_of(f, 0), FROST_FS_ABANDONED);
    assert_journal(f, "freeze /1\nthaw /1\n");

    fake_sys_release(f->fake, f->fs[0], FAKE_FREEZE);
    assert_int_equal(run(f), FROST_COURSE_THAWED);
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
    frost_course_freeze(&f->course);
    assert_true(fake_sys_wait_held(f->fake, f->fs[0], FAKE_FREEZE));
    frost_course_thaw(&f->course);
    fake_sys_release(f->fake, f->fs[0], FAKE_FREEZE);

    assert_int_equal(run(f), FROST_COURSE_THAWED);
    assert_journal(f, "freeze /0: EBUSY\n");
}

/* Of a freezer that has died in the call: no thread of ours will ever come back with it. */
static void
what_another_crew_has_under_way_is_left_alone(void **state)
{
    static const FrostFsState STATES[] = {FROST_FS_FREEZING, FROST_FS_ABANDONED, FROST_FS_THAWING};
    Fixture *f = *state;

    begin_with(f, (const unsigned[]){0, 0, 1, 1}, 4);
    fake_sys_freeze_earlier(f->fake, f->fs[0]);
    atomic_store(&f->ledger->data->filesystems[0].state, FROST_FS_FROZEN);
    for (unsigned i = 0; i < 3; i++)
        atomic_store(&f->ledger->data->filesystems[i + 1].state, STATES[i]);
    frost_course_init(&f->course, f->crew);
    thaw(f);

    assert_int_equal(state_of(f, 0), FROST_FS_THAWED);
    for (unsigned i = 0; i < 3; i++)
        assert_int_equal(state_of(f, i + 1), STATES[i]);
    assert_false(frost_course_has_abandoned(&f->course));
    assert_false(frost_course_is_thawing(&f->course));
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
    frost_course_freeze(&f->course);
    run_until_state(f, 0, FROST_FS_FROZEN);
    assert_true(fake_sys_wait_held(f->fake, f->fs[1], FAKE_FREEZE));
    frost_course_thaw(&f->course);
    run_until_state(f, 0, FROST_FS_THAWED);
    assert_int_equal(state_of(f, 1), FROST_FS_ABANDONED);
    assert_int_equal(state_of(f, 2), FROST_FS_OPEN);

    fake_sys_release(f->fake, f->fs[1], FAKE_FREEZE);
    assert_int_equal(run(f), FROST_COURSE_THAWED);
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
what_could_not_be_thawed_is_tried_again_by_the_next_thaw(void **state)
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
    frost_course_freeze(&f->course);
    run_until_state(f, 1, FROST_FS_FROZEN);
    assert_true(fake_sys_wait_held(f->fake, f->fs[0], FAKE_FREEZE));
    frost_course_thaw(&f->course);
    run_until_state(f, 1, FROST_FS_THAWED);

    assert_true(frost_course_has_abandoned(&f->course));
    assert_int_equal(frost_course_advance(&f->course), FROST_COURSE_PENDING);

    fake_sys_release(f->fake, f->fs[0], FAKE_FREEZE);
    run_until_state(f, 0, FROST_FS_THAWED);
    assert_false(frost_course_has_abandoned(&f->course));
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
    frost_course_freeze(&f->course);
    run_until_state(f, 0, FROST_FS_FROZEN);
    assert_true(fake_sys_wait_held(f->fake, f->fs[1], FAKE_FREEZE));
    fake_sys_set_boottime(f->fake, 6000001);
    fake_sys_release(f->fake, f->fs[1], FAKE_FREEZE);

    assert_int_equal(run(f), FROST_COURSE_FAILED);
    assert_int_equal(f->course.culprit, 1);
    assert_int_equal(f->course.error, ETIMEDOUT);
    assert_int_equal(fake_sys_frozen(f->fake), 0);
}

static void
a_freeze_that_ends_on_its_deadline_holds(void **state)
{
    Fixture *f = *state;

    begin_with(f, (const unsigned[]){0}, 1);
    f->ledger->data->freeze_limit_us = 1000000;
    fake_sys_set_boottime(f->fake, 5000000);
    fake_sys_hold(f->fake, f->fs[0], FAKE_FREEZE);
    frost_course_freeze(&f->course);
    assert_true(fake_sys_wait_held(f->fake, f->fs[0], FAKE_FREEZE));
    fake_sys_set_boottime(f->fake, 6000000);
    fake_sys_release(f->fake, f->fs[0], FAKE_FREEZE);

    assert_int_equal(run(f), FROST_COURSE_FROZEN);
    thaw(f);
}

static void
a_second_thaw_changes_nothing_but_the_answer(void **state)
{
    Fixture *f = *state;

    begin_with(f, (const unsigned[]){0, 0, 1}, 3);
    freeze(f);
    fake_sys_hold(f->fake, f->fs[2], FAKE_THAW);
    frost_course_thaw(&f->course);
    assert_true(fake_sys_wait_held(f->fake, f->fs[2], FAKE_THAW));
    frost_course_thaw(&f->course);
    assert_int_equal(frost_course_advance(&f->course), FROST_COURSE_PENDING);
    assert_int_equal(state_of(f, 0), FROST_FS_FROZEN);
    fake_sys_release(f->fake, f->fs[2], FAKE_THAW);

    assert_int_equal(run(f), FROST_COURSE_THAWED);
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
    assert_int_equal(frost_ledger_held(f->ledger), 1);
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
static FrostCourseNews
freeze_and_thaw_at_some_moment(Fixture *f, GRand *rand)
{
    FrostCourseNews news = FROST_COURSE_PENDING;
    gint32 looks = g_rand_boolean(rand) ? g_rand_int_range(rand, 0, 8) : 200;

    frost_course_freeze(&f->course);
    for (gint32 spin = g_rand_int_range(rand, 0, 3000); spin > 0; spin--)
        atomic_signal_fence(memory_order_seq_cst);
    while (looks-- > 0 && news == FROST_COURSE_PENDING) {
        news = frost_course_advance(&f->course);
        g_thread_yield();
    }
    assert_true(news != FROST_COURSE_FROZEN ||
                (frost_ledger_count(f->ledger, FROST_FS_FAILED) == 0 &&
                 frost_ledger_count(f->ledger, FROST_FS_OPEN) == 0));
    if (news != FROST_COURSE_FAILED)
        frost_course_thaw(&f->course);
    for (unsigned i = 0; i < f->count; i++)
        fake_sys_release(f->fake, f->fs[i], FAKE_FREEZE);
    return news == FROST_COURSE_FAILED ? news : run(f);
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

    for (unsigned round = 0; round < 3000; round++) {
        Fixture *f;

        set_up((void **)&f);
        for (gint32 count = g_rand_int_range(rand, 1, FILESYSTEMS_MAX + 1); count > 0; count--)
            add(f, (unsigned)g_rand_int_range(rand, 0, 3));
        begin(f);
        make_trouble(f, rand);
        freeze_and_thaw_at_some_moment(f, rand);
        /* Idle: a thread that still had work would do it now. */
        frost_crew_stop(f->crew);
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
        FIXTURE_TEST(what_another_crew_has_under_way_is_left_alone),
        FIXTURE_TEST(one_of_too_few_threads_is_kept_for_what_has_to_be_thawed),
        FIXTURE_TEST(too_few_threads_freeze_all_the_same),
        FIXTURE_TEST(what_could_not_be_thawed_is_tried_again_by_the_next_thaw),
        FIXTURE_TEST(a_late_one_keeps_nobody_else_frozen),
        FIXTURE_TEST(a_freeze_that_ends_after_its_deadline_fails),
        FIXTURE_TEST(a_freeze_that_ends_on_its_deadline_holds),
        FIXTURE_TEST(a_second_thaw_changes_nothing_but_the_answer),
        FIXTURE_TEST(a_thaw_that_fails_is_tried_twice_and_then_stuck),
        FIXTURE_TEST(a_thaw_that_fails_once_is_tried_again),
        FIXTURE_TEST(what_somebody_else_thawed_is_lost),
        FIXTURE_TEST(times_are_written_down),
        cmocka_unit_test(each_successful_freeze_has_exactly_one_thaw),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
