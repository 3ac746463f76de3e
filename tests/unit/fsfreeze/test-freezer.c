/* SPDX-License-Identifier: MIT */

/*
 * Both sides of the freezer, as two processes: this program is the agent, and, started anew by
 * frost_freezer_new(), the freezer and the recovery that it becomes.
 */

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
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
/* In the environment: the freezer ends before it is ready. */
#define BROKEN "FROST_TEST_BROKEN_FREEZER"

typedef struct {
    char *dir;
    SharedSys *kernel;
    FrostSys sys;
    FrostPlan *plan;
    FrostLedger *ledger;
    FrostFreezer *freezer;
    GString *events;
    unsigned count;
    GError *error;
    bool came;
} Fixture;

static const char *const EVENT_NAMES[] = {
    [FROST_FREEZER_READY] = "ready",       [FROST_FREEZER_SYNCED] = "synced",
    [FROST_FREEZER_FROZEN] = "frozen",     [FROST_FREEZER_THAWED] = "thawed",
    [FROST_FREEZER_FAILED] = "failed",     [FROST_FREEZER_LOST] = "lost",
    [FROST_FREEZER_FINISHED] = "finished",
};

static void
on_event(void *user, const FrostFreezerEvent *event)
{
    Fixture *f = user;

    g_string_append_printf(f->events, "%s%s", f->events->len ? " " : "", EVENT_NAMES[event->kind]);
    f->count = event->count;
    g_clear_error(&f->error);
    f->error = event->error ? g_error_copy(event->error) : NULL;
    f->came = true;
}

static int
set_up(void **state)
{
    Fixture *f = g_new0(Fixture, 1);
    g_autoptr(GError) error = NULL;

    f->dir = test_make_dir();
    f->kernel = shared_sys_new(f->dir);
    f->sys = shared_sys_get();
    f->plan = fake_plan_new(&f->sys);
    fake_plan_add(f->plan, "/0", FROST_VERDICT_FREEZE, 0);
    fake_plan_add(f->plan, "/1", FROST_VERDICT_FREEZE, 0);
    fake_plan_add(f->plan, "/2", FROST_VERDICT_FREEZE, 1);
    fake_plan_add(f->plan, "/3", FROST_VERDICT_SYNC, 0);
    f->ledger = frost_ledger_open(f->dir, &error);
    assert_no_error(error);
    assert_true(frost_ledger_begin(f->ledger, f->plan, &error));
    f->freezer = frost_freezer_new(&f->sys, NULL);
    f->events = g_string_new(NULL);
    *state = f;
    return 0;
}

static int
tear_down(void **state)
{
    Fixture *f = *state;

    if (f->freezer)
        f->freezer->free(f->freezer);
    while (waitpid(-1, NULL, 0) > 0)
        continue;
    frost_ledger_free(f->ledger);
    fake_plan_free(f->plan);
    shared_sys_free(f->kernel);
    g_string_free(f->events, TRUE);
    g_clear_error(&f->error);
    test_remove_dir(f->dir);
    g_free(f);
    return 0;
}

static void
next_event(Fixture *f)
{
    f->came = false;
    test_run_until(&f->came, LIMIT_MS);
}

static void
start(Fixture *f)
{
    f->freezer->start(f->freezer, f->plan, f->ledger, on_event, f);
    next_event(f);
}

static void
start_and_freeze(Fixture *f)
{
    start(f);
    f->freezer->freeze(f->freezer);
    next_event(f);
    assert_int_equal(f->count, 3);
    assert_int_equal(shared_sys_frozen(f->kernel), 3);
}

static void
thaw_and_finish(Fixture *f)
{
    f->freezer->thaw(f->freezer);
    next_event(f);
    f->freezer->finish(f->freezer);
    next_event(f);
}

static void
assert_thawed_once_each(Fixture *f)
{
    assert_int_equal(shared_sys_frozen(f->kernel), 0);
    for (unsigned i = 0; i < 3; i++) {
        assert_int_equal(f->kernel->fs[i].freezes, f->kernel->fs[i].thaws);
        assert_int_equal(f->kernel->fs[i].thaw_calls, f->kernel->fs[i].thaws);
    }
}

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
one_freezer_after_another_can_be_had(void **state)
{
    Fixture *f = *state;

    for (unsigned i = 1; i <= 3; i++) {
        assert_true(frost_ledger_begin(f->ledger, f->plan, NULL));
        start_and_freeze(f);
        thaw_and_finish(f);
        assert_int_equal(f->kernel->fs[0].thaws, i);
        /* It has gone, and is reaped: a filesystem can be unmounted. */
        assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
        assert_int_equal(errno, ECHILD);
    }
    assert_thawed_once_each(f);
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
what_somebody_else_thawed_is_named(void **state)
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
a_late_one_delays_an_answer_only_so_long_and_is_thawed_in_the_end(void **state)
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
    f->ledger = frost_ledger_open(f->dir, NULL);
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
a_start_that_fails_is_told_from_the_main_loop(void **state)
{
    Fixture *f = *state;
    struct rlimit before;

    limit_descriptors(0, &before);
    f->freezer->start(f->freezer, f->plan, f->ledger, on_event, f);
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
    f->freezer->start(f->freezer, f->plan, f->ledger, on_event, f);
    f->freezer->thaw(f->freezer);
    setrlimit(RLIMIT_NOFILE, &before);
    next_event(f);

    assert_string_equal(f->events->str, "failed thawed");
}

static void
a_thaw_that_overtakes_the_start_is_answered(void **state)
{
    Fixture *f = *state;

    f->freezer->start(f->freezer, f->plan, f->ledger, on_event, f);
    f->freezer->thaw(f->freezer);
    next_event(f);
    next_event(f);

    assert_string_equal(f->events->str, "ready thawed");
    assert_int_equal(f->kernel->fs[0].thaw_calls, 0);
}

static void
a_process_that_ends_before_it_is_ready_has_not_started(void **state)
{
    Fixture *f = *state;

    setenv(BROKEN, "1", 1);
    start(f);
    unsetenv(BROKEN);

    assert_string_equal(f->events->str, "failed");
    assert_error(f->error, FROST_FREEZER_ERROR, FROST_FREEZER_ERROR_START, "before it was ready");
}

/* When it is told to go, or dies --------------------------------------------------------------- */

static void
a_signal_thaws_and_nothing_is_frozen_afterwards(void **state)
{
    Fixture *f = *state;

    start_and_freeze(f);
    kill(f->kernel->pid, SIGTERM);
    next_event(f);
    assert_int_equal(f->count, 3);
    assert_thawed_once_each(f);

    /* From an agent that did not know yet. */
    atomic_store(&f->ledger->data->filesystems[0].state, FROST_FS_OPEN);
    f->freezer->freeze(f->freezer);
    f->freezer->finish(f->freezer);
    next_event(f);
    assert_string_equal(f->events->str, "ready frozen thawed finished");
    assert_int_equal(f->kernel->fs[0].freezes, 1);
}

static void
other_signals_do_not_concern_it(void **state)
{
    static const int SIGNALS[] = {SIGINT, SIGHUP, SIGQUIT, SIGUSR1, SIGPIPE, SIGALRM};
    Fixture *f = *state;

    start_and_freeze(f);
    for (size_t i = 0; i < G_N_ELEMENTS(SIGNALS); i++)
        assert_int_equal(kill(f->kernel->pid, SIGNALS[i]), 0);
    thaw_and_finish(f);

    assert_string_equal(f->events->str, "ready frozen thawed finished");
    assert_thawed_once_each(f);
}

static void
a_finish_never_leaves_anything_frozen(void **state)
{
    Fixture *f = *state;

    start_and_freeze(f);
    f->freezer->finish(f->freezer);
    next_event(f);

    assert_thawed_once_each(f);
}

static void
a_lost_one_is_replaced_until_all_is_thawed(void **state)
{
    Fixture *f = *state;

    start_and_freeze(f);
    kill(f->kernel->pid, SIGKILL);
    next_event(f);

    assert_string_equal(f->events->str, "ready frozen lost");
    assert_error(f->error, FROST_FREEZER_ERROR, FROST_FREEZER_ERROR_LOST, "3 filesystems");
    assert_thawed_once_each(f);
}

static void
one_lost_inside_a_freeze_leaves_nothing_frozen(void **state)
{
    Fixture *f = *state;

    atomic_store(&f->kernel->fs[0].hold_freeze, 1);
    start(f);
    f->freezer->freeze(f->freezer);
    int gate = shared_sys_wait_held(f->kernel);
    kill(f->kernel->pid, SIGKILL);
    next_event(f);
    close(gate);

    assert_string_equal(f->events->str, "ready lost");
    assert_int_equal(shared_sys_frozen(f->kernel), 0);
    assert_int_equal(frost_ledger_held(f->ledger), 0);
}

static void
one_lost_before_the_freeze_is_told(void **state)
{
    Fixture *f = *state;

    start(f);
    kill(f->kernel->pid, SIGKILL);
    next_event(f);

    assert_string_equal(f->events->str, "ready lost");
    assert_int_equal(f->kernel->fs[0].thaw_calls, 0);
}

static void
to_free_it_is_to_thaw(void **state)
{
    Fixture *f = *state;

    start_and_freeze(f);
    f->freezer->free(g_steal_pointer(&f->freezer));
    assert_true(waitpid(f->kernel->pid, NULL, 0) > 0 || errno == ECHILD);

    assert_thawed_once_each(f);
    assert_false(frost_ledger_is_active(f->ledger));
}

/* What others left ----------------------------------------------------------------------------- */

static void
leave_frozen(Fixture *f, unsigned i, FrostFsState state)
{
    atomic_store(&f->ledger->data->filesystems[i].state, state);
    atomic_store(&f->kernel->fs[i].frozen, 1);
    atomic_store(&f->kernel->fs[i].freezes, 1);
}

static void
what_was_left_frozen_is_held_until_the_thaw(void **state)
{
    Fixture *f = *state;

    leave_frozen(f, 0, FROST_FS_FROZEN);
    leave_frozen(f, 1, FROST_FS_THAWING);
    leave_frozen(f, 2, FROST_FS_ABANDONED);
    f->freezer->adopt(f->freezer, f->ledger, on_event, f);
    next_event(f);
    assert_int_equal(shared_sys_frozen(f->kernel), 3);
    thaw_and_finish(f);

    assert_string_equal(f->events->str, "ready thawed finished");
    assert_thawed_once_each(f);
}

/* The agent is gone ---------------------------------------------------------------------------- */

static G_GNUC_NORETURN void
be_an_agent_that_dies(Fixture *f)
{
    f->freezer->start(f->freezer, f->plan, f->ledger, on_event, f);
    while (!f->came)
        g_main_context_iteration(NULL, TRUE);
    f->freezer->freeze(f->freezer);
    while (shared_sys_frozen(f->kernel) < 3)
        g_thread_yield();
    raise(SIGKILL);
    _exit(EXIT_FAILURE);
}

static void
run_agent_that_dies(Fixture *f)
{
    assert_int_equal(prctl(PR_SET_CHILD_SUBREAPER, 1), 0);
    pid_t agent = fork();
    if (agent == 0)
        be_an_agent_that_dies(f);
    /* The lock is theirs. */
    frost_ledger_free(g_steal_pointer(&f->ledger));
    assert_int_equal(waitpid(agent, NULL, 0), agent);

    int status = -1;
    pid_t freezer = f->kernel->pid;
    assert_int_equal(waitpid(freezer, &status, 0), freezer);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), EXIT_SUCCESS);
    f->ledger = frost_ledger_open(f->dir, NULL);
    assert_non_null(f->ledger);
}

static void
without_an_agent_it_thaws_and_closes_the_ledger(void **state)
{
    Fixture *f = *state;

    run_agent_that_dies(f);

    assert_thawed_once_each(f);
    assert_false(frost_ledger_is_active(f->ledger));
}

static void
without_an_agent_it_undoes_the_hook_once_all_is_thawed(void **state)
{
    Fixture *f = *state;
    g_autofree char *hook = g_build_filename(f->dir, "hook", NULL);
    g_autofree char *log = g_build_filename(f->dir, "log", NULL);
    g_autofree char *text =
        g_strdup_printf("#!/bin/sh\necho $1 $(ls -l /proc/$$/fd | grep -c ledger) >>%s\n", log);
    g_autofree char *noted = NULL;

    assert_true(g_file_set_contents(hook, text, -1, NULL));
    assert_int_equal(chmod(hook, 0755), 0);
    g_strlcpy(f->ledger->data->hook_source, hook, sizeof f->ledger->data->hook_source);
    f->ledger->data->hook_timeout_s = 60;
    FrostLedgerHook *owed = frost_ledger_add_hook(f->ledger, "");
    atomic_store(&owed->state, FROST_HOOK_BEGUN);
    run_agent_that_dies(f);

    assert_thawed_once_each(f);
    assert_true(g_file_get_contents(log, &noted, NULL, NULL));
    /* The lock has not come down to it. */
    assert_string_equal(noted, "thaw 0\n");
    assert_int_equal(owed->state, FROST_HOOK_IDLE);
    assert_false(frost_ledger_is_active(f->ledger));
}

static int
run_them_all(void)
{
#define FIXTURE_TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        FIXTURE_TEST(every_request_has_one_answer),
        FIXTURE_TEST(one_freezer_after_another_can_be_had),
        FIXTURE_TEST(a_refused_freeze_is_named_and_undone),
        FIXTURE_TEST(a_failed_sync_is_named),
        FIXTURE_TEST(what_somebody_else_thawed_is_named),
        FIXTURE_TEST(a_late_one_delays_an_answer_only_so_long_and_is_thawed_in_the_end),
        FIXTURE_TEST(a_start_that_fails_is_told_from_the_main_loop),
        FIXTURE_TEST(a_thaw_that_overtakes_a_failed_start_is_answered),
        FIXTURE_TEST(a_thaw_that_overtakes_the_start_is_answered),
        FIXTURE_TEST(a_process_that_ends_before_it_is_ready_has_not_started),
        FIXTURE_TEST(a_signal_thaws_and_nothing_is_frozen_afterwards),
        FIXTURE_TEST(other_signals_do_not_concern_it),
        FIXTURE_TEST(a_finish_never_leaves_anything_frozen),
        FIXTURE_TEST(a_lost_one_is_replaced_until_all_is_thawed),
        FIXTURE_TEST(one_lost_inside_a_freeze_leaves_nothing_frozen),
        FIXTURE_TEST(one_lost_before_the_freeze_is_told),
        FIXTURE_TEST(to_free_it_is_to_thaw),
        FIXTURE_TEST(what_was_left_frozen_is_held_until_the_thaw),
        FIXTURE_TEST(without_an_agent_it_thaws_and_closes_the_ledger),
        FIXTURE_TEST(without_an_agent_it_undoes_the_hook_once_all_is_thawed),
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
    if (argc == 4 && strcmp(argv[1], FROST_FREEZER_OPTION) == 0) {
        if (getenv(BROKEN))
            return EXIT_FAILURE;
        return frost_freezer_process(shared_sys_join(), atoi(argv[2]), atoi(argv[3]));
    }
    if (argc == 3 && strcmp(argv[1], FROST_RECOVERY_OPTION) == 0) {
        FrostSys sys = shared_sys_join();

        return frost_recovery_process(&sys, atoi(argv[2]), remember_nothing);
    }
    return run_them_all();
}
