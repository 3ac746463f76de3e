/* SPDX-License-Identifier: MIT */
#include "leftovers.h"

#include "fake-sys.h"
#include "test-support.h"

/* Later than any look that is due. */
#define LATER_US (10 * G_USEC_PER_SEC)
#define WORKER 101 /* a thread of a dead process */

typedef struct {
    FakeSys *fake;
    FrostKernel *kernel;
    FakeFs *fs;
    FrostLedgerData *ledger;
    FrostLeftovers leftovers;
} Fixture;

static int
set_up(void **state)
{
    Fixture *f = g_new0(Fixture, 1);

    f->fake = fake_sys_new();
    f->kernel = &fake_sys_get(f->fake)->kernel;
    f->fs = fake_sys_add_fs(f->fake, "/srv", "ext4");
    f->ledger = g_new0(FrostLedgerData, 1);
    atomic_store(&f->ledger->count, 1);
    atomic_store(&f->ledger->filesystems[0].worker, WORKER);
    f->ledger->filesystems[0].device = fake_fs_device(f->fs);
    *state = f;
    return 0;
}

static int
tear_down(void **state)
{
    Fixture *f = *state;

    fake_sys_free(f->fake);
    g_free(f->ledger);
    g_free(f);
    return 0;
}

static FrostFsState
now(const Fixture *f)
{
    return (FrostFsState)atomic_load(&f->ledger->filesystems[0].state);
}

/* What becomes of a filesystem in state @before, once it is looked at. */
static FrostFsState
after(Fixture *f, FrostFsState before)
{
    atomic_store(&f->ledger->filesystems[0].state, before);
    frost_leftovers_init(&f->leftovers, f->kernel, f->ledger);
    return now(f);
}

static void
what_a_thread_that_is_gone_had_under_way_counts_as_frozen(void **state)
{
    Fixture *f = *state;

    assert_int_equal(after(f, FROST_FS_FREEZING), FROST_FS_FROZEN);
    assert_int_equal(after(f, FROST_FS_ABANDONED), FROST_FS_FROZEN);
    assert_int_equal(after(f, FROST_FS_THAWING), FROST_FS_FROZEN);
    assert_int_equal(f->leftovers.count, 0);
}

static void
what_the_kernel_has_a_thread_for_is_left_to_it_until_that_is_gone(void **state)
{
    static const FrostFsState between[] = {FROST_FS_FREEZING, FROST_FS_ABANDONED, FROST_FS_THAWING};
    Fixture *f = *state;

    for (guint i = 0; i < G_N_ELEMENTS(between); i++) {
        fake_sys_set_living_thread(f->fake, WORKER);
        assert_int_equal(after(f, between[i]), between[i]);
        assert_int_equal(f->leftovers.count, 1);
        assert_false(frost_leftovers_look(&f->leftovers, f->kernel, f->ledger));
        assert_int_equal(now(f), between[i]);
        fake_sys_set_living_thread(f->fake, 0);
        assert_true(frost_leftovers_look(&f->leftovers, f->kernel, f->ledger));
        assert_int_equal(now(f), FROST_FS_FROZEN);
        assert_int_equal(f->leftovers.count, 0);
    }
}

/* The freezer's own workers take it from FROZEN on: what they are at is none of the leftovers. */
static void
what_was_not_left_is_never_taken_over(void **state)
{
    Fixture *f = *state;

    assert_int_equal(after(f, FROST_FS_FROZEN), FROST_FS_FROZEN);
    atomic_store(&f->ledger->filesystems[0].state, FROST_FS_THAWING);
    assert_false(frost_leftovers_look(&f->leftovers, f->kernel, f->ledger));
    assert_int_equal(now(f), FROST_FS_THAWING);
}

static void
what_is_certain_stays_as_it_is(void **state)
{
    static const FrostFsState certain[] = {FROST_FS_OPEN,   FROST_FS_FROZEN, FROST_FS_FOREIGN,
                                           FROST_FS_FAILED, FROST_FS_THAWED, FROST_FS_STUCK};
    Fixture *f = *state;

    for (guint i = 0; i < G_N_ELEMENTS(certain); i++)
        assert_int_equal(after(f, certain[i]), certain[i]);
}

static void
what_may_be_frozen_on_a_suspended_device_is_not_ours_to_thaw(void **state)
{
    Fixture *f = *state;

    fake_sys_suspend(f->fake, f->fs, true);
    assert_int_equal(after(f, FROST_FS_FREEZING), FROST_FS_FOREIGN);
    assert_int_equal(after(f, FROST_FS_ABANDONED), FROST_FS_FOREIGN);
}

/* It was ours: the thaw waits until the device goes on. */
static void
a_thaw_on_a_device_that_was_suspended_meanwhile_waits_for_it(void **state)
{
    Fixture *f = *state;

    fake_sys_suspend(f->fake, f->fs, true);
    assert_int_equal(after(f, FROST_FS_THAWING), FROST_FS_THAWING);
    fake_sys_suspend(f->fake, f->fs, false);
    assert_true(frost_leftovers_look(&f->leftovers, f->kernel, f->ledger));
    assert_int_equal(now(f), FROST_FS_FROZEN);
}

static void
it_looks_more_and_more_seldom_but_never_stops(void **state)
{
    Fixture *f = *state;
    int64_t last_us = 0;

    fake_sys_set_living_thread(f->fake, WORKER);
    fake_sys_set_boottime(f->fake, LATER_US);
    after(f, FROST_FS_FREEZING);
    for (unsigned i = 0; i < 20; i++) {
        int64_t wait_us = f->leftovers.look_us - LATER_US;

        assert_true(wait_us >= 20000 && wait_us >= last_us && wait_us <= 1280000);
        last_us = wait_us;
        frost_leftovers_look(&f->leftovers, f->kernel, f->ledger);
    }
    assert_int_equal(last_us, 1280000);
}

int
main(void)
{
#define FIXTURE_TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        FIXTURE_TEST(what_a_thread_that_is_gone_had_under_way_counts_as_frozen),
        FIXTURE_TEST(what_the_kernel_has_a_thread_for_is_left_to_it_until_that_is_gone),
        FIXTURE_TEST(what_was_not_left_is_never_taken_over),
        FIXTURE_TEST(what_is_certain_stays_as_it_is),
        FIXTURE_TEST(what_may_be_frozen_on_a_suspended_device_is_not_ours_to_thaw),
        FIXTURE_TEST(a_thaw_on_a_device_that_was_suspended_meanwhile_waits_for_it),
        FIXTURE_TEST(it_looks_more_and_more_seldom_but_never_stops),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
