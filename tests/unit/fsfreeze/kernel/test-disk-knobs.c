/* SPDX-License-Identifier: MIT */
#include "disk-knobs.h"

#include <errno.h>

#include "fake-sys.h"
#include "test-support.h"

#define OURS 7

static const uint32_t SHORT[FROST_KNOBS] = {[FROST_KNOB_REQUESTS] = 4, [FROST_KNOB_KIB] = 64};

typedef struct {
    FakeSys *fake;
    FrostKernel *kernel;
    dev_t disk;
    _Atomic uint32_t note;
    int fds[FROST_KNOBS];
    uint32_t old[FROST_KNOBS];
} Fixture;

static int
set_up(void **state)
{
    Fixture *f = g_new0(Fixture, 1);

    f->fake = fake_sys_new();
    f->kernel = &fake_sys_get(f->fake)->kernel;
    f->disk = fake_sys_add_disk(f->fake, "sda");
    *state = f;
    return 0;
}

static int
tear_down(void **state)
{
    Fixture *f = *state;

    fake_sys_free(f->fake);
    g_free(f);
    return 0;
}

static void
open_and_turn(Fixture *f, const uint32_t *values)
{
    assert_int_equal(frost_disk_knobs_open(f->kernel, f->disk, f->fds), 0);
    assert_int_equal(frost_disk_knobs_turn(f->kernel, f->fds, values, f->old, &f->note, OURS), 0);
}

static void
close_knobs(Fixture *f)
{
    for (int knob = 0; knob < FROST_KNOBS; knob++)
        f->kernel->close(f->kernel, f->fds[knob]);
}

static void
a_queue_is_short_until_old_values_are_put_back_and_the_note_says_so(void **state)
{
    Fixture *f = *state;

    open_and_turn(f, SHORT);
    assert_int_equal(fake_sys_knob(f->fake, f->disk, FROST_KNOB_REQUESTS), 4);
    assert_int_equal(fake_sys_knob(f->fake, f->disk, FROST_KNOB_KIB), 64);
    assert_int_equal(atomic_load(&f->note), OURS);
    frost_disk_knobs_put_back(f->kernel, f->fds, f->old, &f->note, OURS);
    assert_true(fake_sys_knobs_are_normal(f->fake));
    assert_int_equal(atomic_load(&f->note), 0);
    close_knobs(f);
}

static void
a_knob_that_is_lower_already_stays_so(void **state)
{
    Fixture *f = *state;
    const uint32_t high[FROST_KNOBS] = {[FROST_KNOB_REQUESTS] = 4, [FROST_KNOB_KIB] = 4096};

    open_and_turn(f, high);
    assert_int_equal(fake_sys_knob(f->fake, f->disk, FROST_KNOB_KIB), f->old[FROST_KNOB_KIB]);
    frost_disk_knobs_put_back(f->kernel, f->fds, f->old, &f->note, OURS);
    close_knobs(f);
}

/* As one that another agent, or an administrator, has made short before. */
static void
a_knob_that_is_as_short_already_is_never_written(void **state)
{
    Fixture *f = *state;

    fake_sys_set_knob(f->fake, f->disk, FROST_KNOB_REQUESTS, 4);
    open_and_turn(f, SHORT);
    fake_sys_set_knob(f->fake, f->disk, FROST_KNOB_REQUESTS, 128); /* put back by the other one */
    frost_disk_knobs_put_back(f->kernel, f->fds, f->old, &f->note, OURS);
    assert_int_equal(fake_sys_knob(f->fake, f->disk, FROST_KNOB_REQUESTS), 128);
    assert_int_equal(fake_sys_knob(f->fake, f->disk, FROST_KNOB_KIB), f->old[FROST_KNOB_KIB]);
    close_knobs(f);
}

static void
a_knob_that_is_raised_meanwhile_stays_so(void **state)
{
    Fixture *f = *state;

    open_and_turn(f, SHORT);
    fake_sys_set_knob(f->fake, f->disk, FROST_KNOB_REQUESTS, 1024);
    frost_disk_knobs_put_back(f->kernel, f->fds, f->old, &f->note, OURS);
    assert_int_equal(fake_sys_knob(f->fake, f->disk, FROST_KNOB_REQUESTS), 1024);
    assert_int_equal(fake_sys_knob(f->fake, f->disk, FROST_KNOB_KIB), f->old[FROST_KNOB_KIB]);
    assert_int_equal(atomic_load(&f->note), 0);
    close_knobs(f);
}

static void
each_turn_takes_the_values_of_its_time_for_the_old_ones(void **state)
{
    Fixture *f = *state;

    open_and_turn(f, SHORT);
    frost_disk_knobs_put_back(f->kernel, f->fds, f->old, &f->note, OURS);
    fake_sys_set_knob(f->fake, f->disk, FROST_KNOB_REQUESTS, 1024);
    frost_disk_knobs_turn(f->kernel, f->fds, SHORT, f->old, &f->note, OURS);
    frost_disk_knobs_turn(f->kernel, f->fds, SHORT, f->old, &f->note, OURS);
    frost_disk_knobs_put_back(f->kernel, f->fds, f->old, &f->note, OURS);
    assert_int_equal(fake_sys_knob(f->fake, f->disk, FROST_KNOB_REQUESTS), 1024);
    close_knobs(f);
}

/* A write that hung comes back when its note has been taken off, or is another freezer's. */
static void
what_is_put_back_late_needs_no_note_and_leaves_that_of_a_later_freezer(void **state)
{
    static const uint32_t notes[] = {0, OURS + 1};
    Fixture *f = *state;

    for (size_t i = 0; i < G_N_ELEMENTS(notes); i++) {
        open_and_turn(f, SHORT);
        atomic_store(&f->note, notes[i]);
        frost_disk_knobs_put_back(f->kernel, f->fds, f->old, &f->note, OURS);
        assert_true(fake_sys_knobs_are_normal(f->fake));
        assert_int_equal(atomic_load(&f->note), notes[i]);
        close_knobs(f);
    }
}

static void
what_has_no_queue_of_its_own_has_no_knobs(void **state)
{
    Fixture *f = *state;
    dev_t others[] = {fake_sys_add_partition(f->fake, NULL, f->disk),
                      fake_sys_add_stacked(f->fake, "dm-0", &f->disk, 1)};

    for (size_t i = 0; i < G_N_ELEMENTS(others); i++)
        assert_int_equal(frost_disk_knobs_open(f->kernel, others[i], f->fds), -ENOENT);
    fake_sys_fail_knobs(f->fake, EROFS);
    assert_int_equal(frost_disk_knobs_open(f->kernel, f->disk, f->fds), -EROFS);
}

static void
after_a_death_old_values_are_put_back_by_the_number_of_the_disk(void **state)
{
    Fixture *f = *state;

    open_and_turn(f, SHORT);
    close_knobs(f);
    frost_disk_knobs_recover(f->kernel, f->disk, f->old, &f->note);
    assert_true(fake_sys_knobs_are_normal(f->fake));
    assert_int_equal(atomic_load(&f->note), 0);
}

static void
without_a_note_nothing_is_put_back(void **state)
{
    Fixture *f = *state;

    open_and_turn(f, SHORT);
    close_knobs(f);
    atomic_store(&f->note, 0);
    frost_disk_knobs_recover(f->kernel, f->disk, f->old, &f->note);
    assert_int_equal(fake_sys_knob(f->fake, f->disk, FROST_KNOB_KIB), 64);
}

static void
a_disk_that_is_gone_owes_nothing(void **state)
{
    Fixture *f = *state;

    open_and_turn(f, SHORT);
    close_knobs(f);
    fake_sys_unplug(f->fake, f->disk);
    frost_disk_knobs_recover(f->kernel, f->disk, f->old, &f->note);
    assert_int_equal(atomic_load(&f->note), 0);
}

/* The next process can try again. */
static void
knobs_that_cannot_be_opened_stay_owed(void **state)
{
    Fixture *f = *state;

    open_and_turn(f, SHORT);
    close_knobs(f);
    fake_sys_fail_knobs(f->fake, EMFILE);
    frost_disk_knobs_recover(f->kernel, f->disk, f->old, &f->note);
    assert_int_equal(atomic_load(&f->note), OURS);
}

int
main(void)
{
#define FIXTURE_TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        FIXTURE_TEST(a_queue_is_short_until_old_values_are_put_back_and_the_note_says_so),
        FIXTURE_TEST(a_knob_that_is_lower_already_stays_so),
        FIXTURE_TEST(a_knob_that_is_as_short_already_is_never_written),
        FIXTURE_TEST(a_knob_that_is_raised_meanwhile_stays_so),
        FIXTURE_TEST(each_turn_takes_the_values_of_its_time_for_the_old_ones),
        FIXTURE_TEST(what_is_put_back_late_needs_no_note_and_leaves_that_of_a_later_freezer),
        FIXTURE_TEST(what_has_no_queue_of_its_own_has_no_knobs),
        FIXTURE_TEST(after_a_death_old_values_are_put_back_by_the_number_of_the_disk),
        FIXTURE_TEST(without_a_note_nothing_is_put_back),
        FIXTURE_TEST(a_disk_that_is_gone_owes_nothing),
        FIXTURE_TEST(knobs_that_cannot_be_opened_stay_owed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
