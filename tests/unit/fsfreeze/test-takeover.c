/* SPDX-License-Identifier: MIT */
#include "freezer-takeover.h"

#include <sys/sysmacros.h>

#include "fake-sys.h"
#include "test-support.h"

#define DEAD 100   /* a process that is not reaped */
#define WORKER 101 /* a thread of it */

typedef struct {
    FakeSys *fake;
    FrostLedgerData *ledger;
} Fixture;

static int
set_up(void **state)
{
    Fixture *f = g_new0(Fixture, 1);

    f->fake = fake_sys_new();
    f->ledger = g_new0(FrostLedgerData, 1);
    atomic_store(&f->ledger->count, 1);
    atomic_store(&f->ledger->filesystems[0].worker, WORKER);
    f->ledger->filesystems[0].device = makedev(253, 0);
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

/* What becomes of a filesystem in state @before, once DEAD's are taken over. */
static FrostFsState
after(Fixture *f, FrostFsState before)
{
    const pid_t holder = DEAD;

    atomic_store(&f->ledger->filesystems[0].state, before);
    frost_takeover(fake_sys_get(f->fake), f->ledger, &holder, 1);
    return (FrostFsState)atomic_load(&f->ledger->filesystems[0].state);
}

static void
what_a_thread_that_is_gone_had_under_way_counts_as_frozen(void **state)
{
    Fixture *f = *state;

    fake_sys_set_file(f->fake, "/proc/100/stat", "100 (frost-ga) Z");
    assert_int_equal(after(f, FROST_FS_FREEZING), FROST_FS_FROZEN);
    assert_int_equal(after(f, FROST_FS_ABANDONED), FROST_FS_FROZEN);
    assert_int_equal(after(f, FROST_FS_THAWING), FROST_FS_FROZEN);
}

static void
what_a_thread_has_under_way_that_the_kernel_still_has_is_left_to_it(void **state)
{
    Fixture *f = *state;

    fake_sys_set_file(f->fake, "/proc/100/stat", "100 (frost-ga) Z");
    fake_sys_set_file(f->fake, "/proc/100/task/101/stat", "101 (frost-ga) D");
    assert_int_equal(after(f, FROST_FS_FREEZING), FROST_FS_FREEZING);
    assert_int_equal(after(f, FROST_FS_ABANDONED), FROST_FS_ABANDONED);
    assert_int_equal(after(f, FROST_FS_THAWING), FROST_FS_THAWING);
}

static void
a_proc_that_does_not_show_the_process_tells_nothing_of_its_threads(void **state)
{
    Fixture *f = *state;

    assert_int_equal(after(f, FROST_FS_FREEZING), FROST_FS_FREEZING);
}

static void
without_a_process_nobody_is_at_work(void **state)
{
    Fixture *f = *state;

    atomic_store(&f->ledger->filesystems[0].state, FROST_FS_FREEZING);
    frost_takeover(fake_sys_get(f->fake), f->ledger, NULL, 0);
    assert_int_equal(atomic_load(&f->ledger->filesystems[0].state), FROST_FS_FROZEN);
}

static void
what_is_certain_stays_as_it_is(void **state)
{
    static const FrostFsState certain[] = {FROST_FS_OPEN,   FROST_FS_FROZEN, FROST_FS_FOREIGN,
                                           FROST_FS_FAILED, FROST_FS_THAWED, FROST_FS_STUCK};
    Fixture *f = *state;

    fake_sys_set_file(f->fake, "/proc/100/stat", "100 (frost-ga) Z");
    for (guint i = 0; i < G_N_ELEMENTS(certain); i++)
        assert_int_equal(after(f, certain[i]), certain[i]);
}

static void
what_may_be_frozen_on_a_suspended_device_is_not_ours_to_thaw(void **state)
{
    Fixture *f = *state;

    fake_sys_set_file(f->fake, "/proc/100/stat", "100 (frost-ga) Z");
    fake_sys_set_file(f->fake, "/sys/dev/block/253:0/dm/suspended", "1\n");
    assert_int_equal(after(f, FROST_FS_FREEZING), FROST_FS_FOREIGN);
}

int
main(void)
{
#define FIXTURE_TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        FIXTURE_TEST(what_a_thread_that_is_gone_had_under_way_counts_as_frozen),
        FIXTURE_TEST(what_a_thread_has_under_way_that_the_kernel_still_has_is_left_to_it),
        FIXTURE_TEST(a_proc_that_does_not_show_the_process_tells_nothing_of_its_threads),
        FIXTURE_TEST(without_a_process_nobody_is_at_work),
        FIXTURE_TEST(what_is_certain_stays_as_it_is),
        FIXTURE_TEST(what_may_be_frozen_on_a_suspended_device_is_not_ours_to_thaw),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
