/* SPDX-License-Identifier: MIT */

/*
 * A freezer that is stopped thaws nothing of its own accord: the agent's watch over it, as two
 * processes (see test-freezer.c).
 */

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fake-plan.h"
#include "freezer-process.h"
#include "freezer-wire.h"
#include "freezer.h"
#include "recovery.h"
#include "shared-sys.h"
#include "test-support.h"

#define LIMIT_MS 20000
/* Sooner than any other limit that could end it. */
#define SOON_US (4 * G_USEC_PER_SEC)
#define FREEZABLE 3u
/* In the environment: the freezer says nothing, for ever. */
#define SILENT "FROST_TEST_SILENT_FREEZER"

typedef struct {
    char *dir;
    SharedSys *kernel;
    FrostSys sys;
    FrostPlan *plan;
    FrostLedger *ledger;
    FrostFreezer *freezer;
    FrostFreezerEventKind kind; /* the last */
    bool came;
} Fixture;

static void
on_event(void *user, const FrostFreezerEvent *event)
{
    Fixture *f = user;

    f->kind = event->kind;
    f->came = true;
}

static int
set_up(void **state)
{
    Fixture *f = g_new0(Fixture, 1);

    f->dir = test_make_dir();
    f->kernel = shared_sys_new(f->dir);
    f->sys = shared_sys_get();
    f->plan = fake_plan_new(&f->sys);
    fake_plan_add(f->plan, "/0", FROST_VERDICT_FREEZE, 0);
    fake_plan_add(f->plan, "/1", FROST_VERDICT_FREEZE, 0);
    fake_plan_add(f->plan, "/2", FROST_VERDICT_FREEZE, 1);
    f->ledger = frost_ledger_open(f->dir, NULL);
    assert_true(frost_ledger_begin(f->ledger, f->plan, NULL));
    f->freezer = frost_freezer_new_with(
        &f->sys, NULL, (FrostFreezerPatience){.start_ms = 10000, .rounds_ms = 1, .life_ms = 1000});
    *state = f;
    return 0;
}

static int
tear_down(void **state)
{
    Fixture *f = *state;

    f->freezer->free(f->freezer);
    while (waitpid(-1, NULL, 0) > 0)
        continue;
    frost_ledger_free(f->ledger);
    fake_plan_free(f->plan);
    shared_sys_free(f->kernel);
    test_remove_dir(f->dir);
    g_free(f);
    return 0;
}

static FrostFreezerEventKind
next_event(Fixture *f)
{
    f->came = false;
    test_run_until(&f->came, LIMIT_MS);
    return f->kind;
}

static void
start(Fixture *f)
{
    f->freezer->start(f->freezer, f->plan, f->ledger, on_event, f);
    assert_int_equal(next_event(f), FROST_FREEZER_READY);
}

static void
freeze(Fixture *f)
{
    f->freezer->freeze(f->freezer);
    assert_int_equal(next_event(f), FROST_FREEZER_FROZEN);
    assert_int_equal(shared_sys_frozen(f->kernel), FREEZABLE);
}

/* What the kernel calls the state of the freezer's first thread. */
static void
wait_for_process_state(const Fixture *f, char wanted)
{
    g_autofree char *path = g_strdup_printf("/proc/%d/stat", (int)f->kernel->pid);
    char now = '\0';

    while (now != wanted) {
        g_autofree char *text = NULL;

        assert_true(g_file_get_contents(path, &text, NULL, NULL));
        now = strrchr(text, ')')[2];
        g_thread_yield();
    }
}

static void
stop(const Fixture *f)
{
    assert_int_equal(kill(f->kernel->pid, SIGSTOP), 0);
    wait_for_process_state(f, 'T');
}

/* By another process than the one that is stopped, and soon. */
static void
assert_lost_and_thawed(Fixture *f)
{
    gint64 begun_us = g_get_monotonic_time();

    assert_int_equal(next_event(f), FROST_FREEZER_LOST);
    assert_true(g_get_monotonic_time() - begun_us < SOON_US);
    assert_int_equal(shared_sys_frozen(f->kernel), 0);
    for (unsigned i = 0; i < FREEZABLE; i++) {
        assert_int_equal(f->kernel->fs[i].freezes, f->kernel->fs[i].thaws);
        assert_int_equal(f->kernel->fs[i].thaw_calls, f->kernel->fs[i].thaws);
    }
}

/* Its program is there, but it comes to nothing. */
static void
one_that_is_never_ready_is_killed_and_the_start_fails(void **state)
{
    Fixture *f = *state;

    f->freezer->free(f->freezer);
    f->freezer = frost_freezer_new_with(
        &f->sys, NULL, (FrostFreezerPatience){.start_ms = 1, .rounds_ms = 1, .life_ms = 1});
    g_setenv(SILENT, "1", TRUE);
    f->freezer->start(f->freezer, f->plan, f->ledger, on_event, f);
    assert_int_equal(next_event(f), FROST_FREEZER_FAILED);
    g_unsetenv(SILENT);
    assert_int_equal(shared_sys_frozen(f->kernel), 0);
}

static void
one_that_does_not_keep_the_limit_of_a_sync_is_killed(void **state)
{
    Fixture *f = *state;

    start(f);
    stop(f);
    f->ledger->data->sync_limit_us = 1;
    f->freezer->sync(f->freezer);

    assert_int_equal(next_event(f), FROST_FREEZER_LOST);
    for (unsigned i = 0; i < FREEZABLE; i++)
        assert_int_equal(f->kernel->fs[i].freezes, 0);
}

static void
one_that_does_not_hear_of_a_thaw_is_killed(void **state)
{
    Fixture *f = *state;

    start(f);
    freeze(f);
    stop(f);
    f->freezer->thaw(f->freezer);

    assert_lost_and_thawed(f);
}

static void
one_that_does_not_keep_the_limit_of_a_hold_is_killed(void **state)
{
    Fixture *f = *state;

    start(f);
    f->freezer->freeze(f->freezer);
    /* It sleeps again once it has said so: nothing is lost when it is stopped there. */
    while (atomic_load(&f->ledger->data->frozen_us) == 0)
        g_thread_yield();
    wait_for_process_state(f, 'S');
    stop(f);
    f->ledger->data->hold_limit_us = 1;
    assert_int_equal(next_event(f), FROST_FREEZER_FROZEN);

    assert_lost_and_thawed(f);
    assert_int_equal(f->ledger->data->owed, FROST_RELEASE_FREEZER_LOST);
}

static void
one_that_does_not_keep_the_limit_of_a_freeze_is_killed(void **state)
{
    Fixture *f = *state;

    start(f);
    stop(f);
    f->ledger->data->freeze_limit_us = 1;
    f->freezer->freeze(f->freezer);

    assert_lost_and_thawed(f);
    assert_int_equal(f->ledger->data->owed, FROST_RELEASE_NONE);
}

static void
one_that_does_not_keep_the_limit_of_the_window_is_killed(void **state)
{
    Fixture *f = *state;

    start(f);
    stop(f);
    f->ledger->data->freeze_limit_us = 3600 * (int64_t)G_USEC_PER_SEC;
    f->ledger->data->window_limit_us = 1;
    f->freezer->freeze(f->freezer);

    assert_lost_and_thawed(f);
}

static void
one_that_took_over_is_watched_as_well(void **state)
{
    Fixture *f = *state;

    for (unsigned i = 0; i < FREEZABLE; i++) {
        atomic_store(&f->ledger->data->filesystems[i].state, FROST_FS_FROZEN);
        atomic_store(&f->kernel->fs[i].frozen, 1);
        atomic_store(&f->kernel->fs[i].freezes, 1);
    }
    atomic_store(&f->ledger->data->frozen_us, f->sys.boottime_us(&f->sys));
    f->freezer->adopt(f->freezer, f->ledger, on_event, f);
    while (f->kernel->pid == 0)
        g_thread_yield();
    wait_for_process_state(f, 'S');
    stop(f);
    f->ledger->data->hold_limit_us = 1;
    assert_int_equal(next_event(f), FROST_FREEZER_READY);

    assert_lost_and_thawed(f);
}

/* A limit so far away that it must not turn into a near one. */
static void
a_limit_of_ten_years_is_no_limit_of_today(void **state)
{
    Fixture *f = *state;
    gint64 until_us = g_get_monotonic_time() + 2 * G_USEC_PER_SEC;

    f->ledger->data->window_limit_us = ((int64_t)G_MAXUINT + 1) * 1000;
    start(f);
    freeze(f);
    f->came = false;
    while (g_get_monotonic_time() < until_us)
        g_main_context_iteration(NULL, FALSE);
    assert_false(f->came);
    f->freezer->thaw(f->freezer);

    assert_int_equal(next_event(f), FROST_FREEZER_THAWED);
}

static int
run_them_all(void)
{
#define FIXTURE_TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        FIXTURE_TEST(one_that_is_never_ready_is_killed_and_the_start_fails),
        FIXTURE_TEST(one_that_does_not_keep_the_limit_of_a_sync_is_killed),
        FIXTURE_TEST(one_that_does_not_hear_of_a_thaw_is_killed),
        FIXTURE_TEST(one_that_does_not_keep_the_limit_of_a_hold_is_killed),
        FIXTURE_TEST(one_that_does_not_keep_the_limit_of_a_freeze_is_killed),
        FIXTURE_TEST(one_that_does_not_keep_the_limit_of_the_window_is_killed),
        FIXTURE_TEST(one_that_took_over_is_watched_as_well),
        FIXTURE_TEST(a_limit_of_ten_years_is_no_limit_of_today),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

static void
remember_nothing(const char *statedir, const FrostRecord *record)
{
}

int
main(int argc, char **argv)
{
    while (argc == 4 && g_getenv(SILENT))
        pause();
    if (argc == 4 && strcmp(argv[1], FROST_FREEZER_OPTION) == 0)
        return frost_freezer_process(shared_sys_join(), atoi(argv[2]), atoi(argv[3]));
    if (argc == 3 && strcmp(argv[1], FROST_RECOVERY_OPTION) == 0) {
        FrostSys sys = shared_sys_join();

        return frost_recovery_process(&sys, atoi(argv[2]), remember_nothing);
    }
    return run_them_all();
}
