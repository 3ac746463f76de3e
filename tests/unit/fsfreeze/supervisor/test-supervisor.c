/* SPDX-License-Identifier: MIT */
#include "supervisor-fixture.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "freezer-errors.h"
#include "ledger-entries.h"

/* When all goes well --------------------------------------------------------------------------- */

static void
every_request_has_one_answer(void **state)
{
    Fixture *f = *state;

    start(f);
    f->freezer->sync(f->freezer);
    next_event(f);
    for (unsigned i = 0; i < 4; i++)
        assert_int_equal(f->kernel->fs[i].syncs, 1);
    f->freezer->freeze(f->freezer);
    next_event(f);
    assert_int_equal(f->count, 3);
    assert_int_equal(shared_sys_frozen(f->kernel), 3);
    f->freezer->thaw(f->freezer);
    next_event(f);
    assert_no_error(f->error);
    assert_int_equal(f->count, 3);
    f->freezer->finish(f->freezer);
    next_event(f);

    assert_string_equal(f->events->str, "ready synced frozen thawed finished");
    assert_thawed_once_each(f);
}

static void
freezers_can_be_started_one_after_another(void **state)
{
    Fixture *f = *state;

    for (unsigned i = 1; i <= 3; i++) {
        assert_true(frost_ledger_begin_plan(f->ledger, f->plan, NULL));
        start_and_freeze(f);
        thaw_and_finish(f);
        assert_int_equal(f->kernel->fs[0].thaws, i);
    }
    assert_thawed_once_each(f);
}

static unsigned
count_descriptors(pid_t process, pid_t thread)
{
    g_autofree char *path = g_strdup_printf("/proc/%d/task/%d/fd", process, thread);
    g_autoptr(GDir) dir = g_dir_open(path, 0, NULL);
    unsigned count = 0;

    while (dir && g_dir_read_name(dir))
        count++;
    return count;
}

/* The workers' table is not the first thread's. */
static unsigned
count_descriptors_of_workers(pid_t process)
{
    g_autofree char *path = g_strdup_printf("/proc/%d/task", process);
    g_autoptr(GDir) dir = g_dir_open(path, 0, NULL);
    const char *name;
    unsigned most = 0;

    while (dir && (name = g_dir_read_name(dir))) {
        if (atoi(name) != process)
            most = MAX(most, count_descriptors(process, atoi(name)));
    }
    return most;
}

/* Whether the process has ended or not. */
static void
a_freezer_that_has_finished_has_no_filesystem_open(void **state)
{
    Fixture *f = *state;

    start_and_freeze(f);
    assert_true(count_descriptors_of_workers(f->kernel->pid) > 3);
    thaw_and_finish(f);
    assert_uint_in_range(count_descriptors_of_workers(f->kernel->pid), 0, 3);
    assert_string_equal(f->events->str, "ready frozen thawed finished");
}

/* When the kernel refuses ---------------------------------------------------------------------- */

static void
a_refused_freeze_is_named_and_undone(void **state)
{
    Fixture *f = *state;

    atomic_store(&f->kernel->fs[2].freeze_error, EIO);
    start(f);
    f->freezer->freeze(f->freezer);
    next_event(f);

    assert_string_equal(f->events->str, "ready failed");
    assert_error(f->error, FROST_FREEZER_ERROR, FROST_FREEZER_ERROR_FREEZE,
                 "failed to freeze /2: Input/output error");
    assert_thawed_once_each(f);
}

static void
a_failed_sync_is_named(void **state)
{
    Fixture *f = *state;

    atomic_store(&f->kernel->fs[3].sync_error, ENOSPC);
    start(f);
    f->freezer->sync(f->freezer);
    next_event(f);

    assert_string_equal(f->events->str, "ready failed");
    assert_error(f->error, FROST_FREEZER_ERROR, FROST_FREEZER_ERROR_SYNC,
                 "failed to sync /3: No space left on device");
}

static void
a_filesystem_that_another_program_thawed_is_named(void **state)
{
    Fixture *f = *state;

    start_and_freeze(f);
    atomic_store(&f->kernel->fs[1].frozen, 0);
    f->freezer->thaw(f->freezer);
    next_event(f);

    assert_error(f->error, FROST_FREEZER_ERROR, FROST_FREEZER_ERROR_NOT_HELD,
                 "/1 did not stay frozen");
    assert_int_equal(f->count, 2);
}

/* One that the kernel does not let go of is neither waited for without end nor forgotten. */
static void
a_hanging_fifreeze_delays_the_answer_for_a_limited_time_and_is_thawed(void **state)
{
    Fixture *f = *state;
    g_autoptr(GError) error = NULL;

    atomic_store(&f->kernel->fs[0].hold_freeze, 1);
    atomic_store(&f->kernel->fs[1].freeze_error, EIO);
    start(f);
    f->freezer->freeze(f->freezer);
    next_event(f);
    assert_error(f->error, FROST_FREEZER_ERROR, FROST_FREEZER_ERROR_FREEZE, "failed to freeze /1");

    f->freezer->finish(f->freezer);
    next_event(f);
    assert_string_equal(f->events->str, "ready failed finished");
    frost_ledger_end(f->ledger);
    frost_ledger_free(g_steal_pointer(&f->ledger));
    assert_null(frost_ledger_open(f->dir, &error));
    assert_error(error, FROST_LEDGER_ERROR, FROST_LEDGER_ERROR_HELD, "not let go of /0");

    shared_sys_release(f->kernel);
    assert_int_equal(waitpid(f->kernel->pid, NULL, 0), f->kernel->pid);
    assert_int_equal(f->kernel->fs[0].freezes, 1);
    assert_thawed_once_each(f);
    /* The rest is left to a child of it. */
    f->ledger = frost_ledger_open_wait(f->dir, NULL);
    assert_false(frost_ledger_is_active(f->ledger));
}

/* When it cannot begin ------------------------------------------------------------------------- */

static void
limit_descriptors(rlim_t limit, struct rlimit *before)
{
    struct rlimit none;

    assert_int_equal(getrlimit(RLIMIT_NOFILE, before), 0);
    none = *before;
    none.rlim_cur = limit;
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
}

static void
a_failed_start_is_reported_from_the_main_loop(void **state)
{
    Fixture *f = *state;
    struct rlimit before;

    limit_descriptors(0, &before);
    f->freezer->start(f->freezer, f->ledger, on_event, f);
    setrlimit(RLIMIT_NOFILE, &before);
    assert_string_equal(f->events->str, "");
    next_event(f);

    assert_string_equal(f->events->str, "failed");
    assert_error(f->error, FROST_FREEZER_ERROR, FROST_FREEZER_ERROR_START, "cannot start");
}

static void
a_thaw_that_overtakes_a_failed_start_is_answered(void **state)
{
    Fixture *f = *state;
    struct rlimit before;

    limit_descriptors(0, &before);
    f->freezer->start(f->freezer, f->ledger, on_event, f);
    f->freezer->thaw(f->freezer);
    setrlimit(RLIMIT_NOFILE, &before);
    next_event(f);

    assert_string_equal(f->events->str, "failed thawed");
}

static void
a_thaw_that_overtakes_the_start_is_answered(void **state)
{
    Fixture *f = *state;

    f->freezer->start(f->freezer, f->ledger, on_event, f);
    f->freezer->thaw(f->freezer);
    next_event(f);
    next_event(f);

    assert_string_equal(f->events->str, "ready thawed");
    assert_int_equal(f->kernel->fs[0].thaw_calls, 0);
}

static void
a_freezer_that_ends_before_it_is_ready_has_not_started(void **state)
{
    Fixture *f = *state;

    setenv(BROKEN, "1", 1);
    start(f);
    unsetenv(BROKEN);

    assert_string_equal(f->events->str, "failed");
    assert_error(f->error, FROST_FREEZER_ERROR, FROST_FREEZER_ERROR_START, "before it was ready");
}

/* It has the ledger's lock, and may be stopped as soon as it exists. */
static void
a_freezer_is_named_in_the_ledger_before_it_runs(void **state)
{
    Fixture *f = *state;

    setenv(BROKEN, "1", 1);
    start(f);
    unsetenv(BROKEN);

    assert_true(atomic_load(&f->ledger->data->freezer_pid) > 1);
    assert_true(atomic_load(&f->ledger->data->freezer_start) != 0);
}

static int
run_them_all(void)
{
    const struct CMUnitTest tests[] = {
        FIXTURE_TEST(every_request_has_one_answer),
        FIXTURE_TEST(freezers_can_be_started_one_after_another),
        FIXTURE_TEST(a_freezer_that_has_finished_has_no_filesystem_open),
        FIXTURE_TEST(a_refused_freeze_is_named_and_undone),
        FIXTURE_TEST(a_failed_sync_is_named),
        FIXTURE_TEST(a_filesystem_that_another_program_thawed_is_named),
        FIXTURE_TEST(a_hanging_fifreeze_delays_the_answer_for_a_limited_time_and_is_thawed),
        FIXTURE_TEST(a_failed_start_is_reported_from_the_main_loop),
        FIXTURE_TEST(a_thaw_that_overtakes_a_failed_start_is_answered),
        FIXTURE_TEST(a_thaw_that_overtakes_the_start_is_answered),
        FIXTURE_TEST(a_freezer_that_ends_before_it_is_ready_has_not_started),
        FIXTURE_TEST(a_freezer_is_named_in_the_ledger_before_it_runs),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

int
main(int argc, char **argv)
{
    return supervisor_test_main(argc, argv, run_them_all);
}
