/* SPDX-License-Identifier: MIT */
#include <errno.h>

#include "sequencer-fixture.h"

/* Looks until one has seen a stall, and some. */
#define LOOKS 12
#define SECOND_US 1000000

static FrostPhase
phase_after_looks(Fixture *f)
{
    for (unsigned i = 0; i < LOOKS && f->sequencer.phase == FROST_PHASE_FREEZE; i++)
        look_once(f);
    return f->sequencer.phase;
}

/* The filesystem @inside is in FIFREEZE, all others of the first level are frozen. */
static void
freeze_all_but(Fixture *f, unsigned inside)
{
    fake_sys_hold(f->fake, f->fs[inside], FAKE_FREEZE);
    frost_sequencer_freeze(&f->sequencer);
    for (unsigned i = 0; i < f->count; i++) {
        if (i != inside)
            run_until_state(f, i, FROST_FS_FROZEN);
    }
    assert_int_equal(frost_sequencer_advance(&f->sequencer), FROST_SEQUENCER_PENDING);
    assert_true(fake_sys_wait_held(f->fake, f->fs[inside], FAKE_FREEZE));
    fake_sys_clear_journal(f->fake);
}

/* The first waits for the third. */
static void
back_off(Fixture *f)
{
    freeze_all_but(f, 0);
    assert_int_equal(phase_after_looks(f), FROST_PHASE_BACK_OFF);
}

static void
a_freeze_that_stands_still_is_repeated_one_at_a_time(void **state)
{
    Fixture *f = *state;

    begin_with(f, (const unsigned[]){0, 0, 0}, 3);
    back_off(f);
    run_until_state(f, 2, FROST_FS_THAWED);
    fake_sys_release(f->fake, f->fs[0], FAKE_FREEZE);

    assert_int_equal(run(f), FROST_SEQUENCER_FROZEN);
    assert_int_equal(fake_sys_frozen(f->fake), 3);
    assert_int_equal(frost_ledger_count(f->ledger, FROST_FS_FROZEN), 3);
    assert_true(atomic_load(&f->ledger->data->repeated_us) > 0);
    assert_int_equal(atomic_load(&f->ledger->data->repeated_for), 0);
    g_autofree char *journal = fake_sys_journal(f->fake);
    assert_true(g_str_has_suffix(journal, "freeze /0\nfreeze /1\nfreeze /2\n"));

    fake_sys_clear_journal(f->fake);
    thaw(f);
    assert_journal(f, "thaw /2\nthaw /1\nthaw /0\n");
}

/* What it waits for may be of any level that is frozen. */
static void
what_waits_for_a_level_before_its_own_is_found(void **state)
{
    Fixture *f = *state;

    begin_with(f, (const unsigned[]){1, 0, 0}, 3);
    back_off(f);
    fake_sys_release(f->fake, f->fs[0], FAKE_FREEZE);

    assert_int_equal(run(f), FROST_SEQUENCER_FROZEN);
    thaw(f);
}

static void
a_slow_disk_that_completes_requests_is_waited_for(void **state)
{
    Fixture *f = *state;

    begin_with(f, (const unsigned[]){0, 0, 0}, 3);
    freeze_all_but(f, 1);
    for (unsigned i = 0; i < 5 * LOOKS; i++) {
        if (i % 10 == 0)
            fake_sys_complete_request(f->fake, f->fs[1]);
        look_once(f);
    }
    assert_int_equal(f->sequencer.phase, FROST_PHASE_FREEZE);
    fake_sys_release(f->fake, f->fs[1], FAKE_FREEZE);

    assert_int_equal(run(f), FROST_SEQUENCER_FROZEN);
    assert_int_equal(atomic_load(&f->ledger->data->repeated_us), 0);
    thaw(f);
}

static void
what_has_just_come_back_is_progress_too(void **state)
{
    Fixture *f = *state;

    begin_with(f, (const unsigned[]){0, 0, 0}, 3);
    fake_sys_hold(f->fake, f->fs[0], FAKE_FREEZE);
    fake_sys_hold(f->fake, f->fs[1], FAKE_FREEZE);
    frost_sequencer_freeze(&f->sequencer);
    run_until_state(f, 2, FROST_FS_FROZEN);
    assert_true(fake_sys_wait_held(f->fake, f->fs[0], FAKE_FREEZE));
    for (unsigned i = 0; i < LOOKS - 3; i++)
        look_once(f);
    fake_sys_release(f->fake, f->fs[1], FAKE_FREEZE);
    run_until_state(f, 1, FROST_FS_FROZEN);
    for (unsigned i = 0; i < LOOKS - 3; i++)
        look_once(f);

    assert_int_equal(f->sequencer.phase, FROST_PHASE_FREEZE);
    fake_sys_release(f->fake, f->fs[0], FAKE_FREEZE);
    assert_int_equal(run(f), FROST_SEQUENCER_FROZEN);
    thaw(f);
}

static void
one_that_nobody_could_keep_waiting_is_waited_for(void **state)
{
    Fixture *f = *state;

    begin_with(f, (const unsigned[]){0, 1}, 2);
    fake_sys_hold(f->fake, f->fs[0], FAKE_FREEZE);
    frost_sequencer_freeze(&f->sequencer);
    assert_true(fake_sys_wait_held(f->fake, f->fs[0], FAKE_FREEZE));
    assert_int_equal(phase_after_looks(f), FROST_PHASE_FREEZE);
    fake_sys_release(f->fake, f->fs[0], FAKE_FREEZE);

    assert_int_equal(run(f), FROST_SEQUENCER_FROZEN);
    thaw(f);
}

static void
who_slept_over_a_second_has_seen_nothing(void **state)
{
    Fixture *f = *state;

    begin_with(f, (const unsigned[]){0, 0}, 2);
    freeze_all_but(f, 0);
    look_once(f);
    fake_sys_set_boottime(f->fake, frost_sequencer_look_us(&f->sequencer) + 30 * SECOND_US);
    frost_sequencer_look(&f->sequencer);

    assert_int_equal(f->sequencer.phase, FROST_PHASE_FREEZE);
    fake_sys_release(f->fake, f->fs[0], FAKE_FREEZE);
    assert_int_equal(run(f), FROST_SEQUENCER_FROZEN);
    thaw(f);
}

static void
it_is_repeated_once_only(void **state)
{
    Fixture *f = *state;

    begin_with(f, (const unsigned[]){0, 0}, 2);
    back_off(f);
    run_until_state(f, 1, FROST_FS_THAWED);
    fake_sys_hold(f->fake, f->fs[1], FAKE_FREEZE);
    fake_sys_release(f->fake, f->fs[0], FAKE_FREEZE);
    run_until_state(f, 0, FROST_FS_FROZEN);
    assert_int_equal(frost_sequencer_advance(&f->sequencer), FROST_SEQUENCER_PENDING);
    assert_true(fake_sys_wait_held(f->fake, f->fs[1], FAKE_FREEZE));

    assert_int_equal(frost_sequencer_look_us(&f->sequencer), 0);
    fake_sys_release(f->fake, f->fs[1], FAKE_FREEZE);
    assert_int_equal(run(f), FROST_SEQUENCER_FROZEN);
    thaw(f);
}

static void
a_thaw_ends_it_while_it_backs_off(void **state)
{
    Fixture *f = *state;

    begin_with(f, (const unsigned[]){0, 0, 0}, 3);
    back_off(f);
    frost_sequencer_thaw(&f->sequencer);
    run_until_state(f, 1, FROST_FS_THAWED);
    run_until_state(f, 2, FROST_FS_THAWED);
    assert_int_equal(state_of(f, 0), FROST_FS_ABANDONED);
    fake_sys_release(f->fake, f->fs[0], FAKE_FREEZE);

    assert_int_equal(run(f), FROST_SEQUENCER_THAWED);
    assert_int_equal(fake_sys_frozen(f->fake), 0);
    assert_int_equal(count_calls(f, "freeze", 1), 0);
}

static void
the_limit_goes_on_while_it_backs_off(void **state)
{
    Fixture *f = *state;

    begin_with(f, (const unsigned[]){0, 0, 0}, 3);
    f->ledger->data->freeze_limit_us = 8 * SECOND_US;
    back_off(f);
    assert_int_equal(frost_sequencer_deadline(&f->sequencer),
                     atomic_load(&f->ledger->data->freeze_begun_us) + 8 * SECOND_US);
    assert_int_equal(frost_sequencer_expire(&f->sequencer), FROST_SEQUENCER_PENDING);
    fake_sys_release(f->fake, f->fs[0], FAKE_FREEZE);

    assert_int_equal(run(f), FROST_SEQUENCER_FAILED);
    assert_int_equal(f->sequencer.culprit, 0);
    assert_int_equal(f->sequencer.error, ETIMEDOUT);
    assert_int_equal(fake_sys_frozen(f->fake), 0);
}

static void
one_that_is_refused_after_all_fails_the_freeze(void **state)
{
    Fixture *f = *state;

    begin_with(f, (const unsigned[]){0, 0, 0}, 3);
    fake_sys_fail(f->fake, f->fs[0], FAKE_FREEZE, 1, EIO);
    back_off(f);
    fake_sys_release(f->fake, f->fs[0], FAKE_FREEZE);

    assert_int_equal(run(f), FROST_SEQUENCER_FAILED);
    assert_int_equal(f->sequencer.culprit, 0);
    assert_int_equal(f->sequencer.error, EIO);
    assert_int_equal(fake_sys_frozen(f->fake), 0);
    assert_int_equal(count_calls(f, "freeze", 1), 0);
}

static void
one_that_cannot_be_thawed_fails_the_freeze(void **state)
{
    Fixture *f = *state;

    begin_with(f, (const unsigned[]){0, 0, 0}, 3);
    fake_sys_fail(f->fake, f->fs[1], FAKE_THAW, 0, EIO);
    back_off(f);
    run_until_state(f, 2, FROST_FS_THAWED);
    fake_sys_release(f->fake, f->fs[0], FAKE_FREEZE);

    assert_int_equal(run(f), FROST_SEQUENCER_FAILED);
    assert_int_equal(f->sequencer.culprit, 1);
    assert_int_equal(f->sequencer.error, EIO);
    assert_int_equal(state_of(f, 1), FROST_FS_STUCK);
    fake_sys_fail(f->fake, f->fs[1], FAKE_THAW, 0, 0);
    thaw(f);
    assert_int_equal(fake_sys_frozen(f->fake), 0);
}

static void
what_another_has_thawed_meanwhile_is_frozen_again(void **state)
{
    Fixture *f = *state;

    begin_with(f, (const unsigned[]){0, 0, 0}, 3);
    freeze_all_but(f, 0);
    fake_sys_thaw_by_other(f->fake, f->fs[2]);
    assert_int_equal(phase_after_looks(f), FROST_PHASE_BACK_OFF);
    fake_sys_release(f->fake, f->fs[0], FAKE_FREEZE);

    assert_int_equal(run(f), FROST_SEQUENCER_FROZEN);
    assert_int_equal(fake_sys_frozen(f->fake), 3);
    thaw(f);
    assert_int_equal(frost_ledger_count(f->ledger, FROST_FS_THAWED), 3);
}

static void
what_another_holds_stays_as_it_is(void **state)
{
    Fixture *f = *state;

    begin_with(f, (const unsigned[]){0, 0, 0}, 3);
    fake_sys_freeze_by_other(f->fake, f->fs[2]);
    fake_sys_hold(f->fake, f->fs[0], FAKE_FREEZE);
    frost_sequencer_freeze(&f->sequencer);
    run_until_state(f, 1, FROST_FS_FROZEN);
    run_until_state(f, 2, FROST_FS_FOREIGN);
    assert_true(fake_sys_wait_held(f->fake, f->fs[0], FAKE_FREEZE));
    assert_int_equal(phase_after_looks(f), FROST_PHASE_BACK_OFF);
    fake_sys_release(f->fake, f->fs[0], FAKE_FREEZE);

    assert_int_equal(run(f), FROST_SEQUENCER_FROZEN);
    assert_int_equal(frost_ledger_count(f->ledger, FROST_FS_FROZEN), 2);
    assert_int_equal(state_of(f, 2), FROST_FS_FOREIGN);
    thaw(f);
    assert_true(fake_sys_is_frozen(f->fake, f->fs[2]));
}

/* Of one that has died while all were frozen one at a time. */
static void
who_comes_after_a_repeated_freeze_thaws_in_its_order(void **state)
{
    Fixture *f = *state;

    begin_with(f, (const unsigned[]){0, 0, 0}, 3);
    for (unsigned i = 0; i < 3; i++) {
        fake_sys_freeze_earlier(f->fake, f->fs[i]);
        atomic_store(&f->ledger->data->filesystems[i].state, FROST_FS_FROZEN);
    }
    atomic_store(&f->ledger->data->repeated_us, 1);
    frost_sequencer_init(&f->sequencer, f->workers);
    thaw(f);

    assert_journal(f, "thaw /2\nthaw /1\nthaw /0\n");
}

static void
a_thaw_goes_on_to_the_next_level_after_a_second(void **state)
{
    Fixture *f = *state;

    begin_with(f, (const unsigned[]){0, 1, 2}, 3);
    freeze(f);
    fake_sys_hold(f->fake, f->fs[2], FAKE_THAW);
    frost_sequencer_thaw(&f->sequencer);
    assert_true(fake_sys_wait_held(f->fake, f->fs[2], FAKE_THAW));
    assert_int_equal(frost_sequencer_advance(&f->sequencer), FROST_SEQUENCER_PENDING);
    assert_int_equal(state_of(f, 1), FROST_FS_FROZEN);
    look_once(f);
    run_until_state(f, 0, FROST_FS_THAWED);
    assert_int_equal(state_of(f, 1), FROST_FS_THAWED);
    assert_int_equal(frost_sequencer_look_us(&f->sequencer), 0);
    fake_sys_release(f->fake, f->fs[2], FAKE_THAW);

    assert_int_equal(run(f), FROST_SEQUENCER_THAWED);
    assert_int_equal(fake_sys_frozen(f->fake), 0);
}

int
main(void)
{
#define FIXTURE_TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        FIXTURE_TEST(a_freeze_that_stands_still_is_repeated_one_at_a_time),
        FIXTURE_TEST(what_waits_for_a_level_before_its_own_is_found),
        FIXTURE_TEST(a_slow_disk_that_completes_requests_is_waited_for),
        FIXTURE_TEST(what_has_just_come_back_is_progress_too),
        FIXTURE_TEST(one_that_nobody_could_keep_waiting_is_waited_for),
        FIXTURE_TEST(who_slept_over_a_second_has_seen_nothing),
        FIXTURE_TEST(it_is_repeated_once_only),
        FIXTURE_TEST(a_thaw_ends_it_while_it_backs_off),
        FIXTURE_TEST(the_limit_goes_on_while_it_backs_off),
        FIXTURE_TEST(one_that_is_refused_after_all_fails_the_freeze),
        FIXTURE_TEST(one_that_cannot_be_thawed_fails_the_freeze),
        FIXTURE_TEST(what_another_has_thawed_meanwhile_is_frozen_again),
        FIXTURE_TEST(what_another_holds_stays_as_it_is),
        FIXTURE_TEST(who_comes_after_a_repeated_freeze_thaws_in_its_order),
        FIXTURE_TEST(a_thaw_goes_on_to_the_next_level_after_a_second),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
