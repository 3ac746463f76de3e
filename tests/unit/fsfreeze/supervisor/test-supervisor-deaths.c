/* SPDX-License-Identifier: MIT */

/*
 * A freezer that is told to go, or dies, and a freezer whose agent dies.
 */

#include "supervisor-fixture.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "freezer-errors.h"

/* The freezer ---------------------------------------------------------------------------------- */

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
the_freezer_ignores_other_signals(void **state)
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
a_lost_freezer_is_replaced_until_all_is_thawed(void **state)
{
    Fixture *f = *state;

    start_and_freeze(f);
    kill(f->kernel->pid, SIGKILL);
    next_event(f);

    assert_string_equal(f->events->str, "ready frozen lost");
    assert_error(f->error, FROST_FREEZER_ERROR, FROST_FREEZER_ERROR_LOST, "3 filesystems");
    assert_thawed_once_each(f);
}

/* Its successor's answer is the answer: what did not last is told. */
static void
a_thaw_whose_freezer_is_lost_is_answered_by_the_next_freezer(void **state)
{
    Fixture *f = *state;

    start_and_freeze(f);
    atomic_store(&f->kernel->fs[1].frozen, 0);
    kill(f->kernel->pid, SIGKILL);
    f->freezer->thaw(f->freezer);
    next_event(f);

    assert_string_equal(f->events->str, "ready frozen thawed");
    assert_error(f->error, FROST_FREEZER_ERROR, FROST_FREEZER_ERROR_NOT_HELD,
                 "/1 did not stay frozen");
    assert_int_equal(f->count, 2);
    assert_int_equal(shared_sys_frozen(f->kernel), 0);
    f->freezer->finish(f->freezer);
    next_event(f);
    assert_string_equal(f->events->str, "ready frozen thawed finished");
}

/* It has done all, and only its word is missing. */
static void
a_thaw_whose_freezer_is_lost_at_its_end_is_answered_from_the_ledger(void **state)
{
    Fixture *f = *state;

    start_and_freeze(f);
    kill(f->kernel->pid, SIGSTOP);
    for (unsigned i = 0; i < 3; i++) {
        atomic_store(&f->kernel->fs[i].frozen, 0);
        atomic_store(&f->ledger->data->filesystems[i].state,
                     i == 1 ? FROST_FS_LOST : FROST_FS_THAWED);
    }
    f->freezer->thaw(f->freezer);
    kill(f->kernel->pid, SIGKILL);
    next_event(f);

    assert_string_equal(f->events->str, "ready frozen thawed");
    assert_error(f->error, FROST_FREEZER_ERROR, FROST_FREEZER_ERROR_NOT_HELD,
                 "/1 did not stay frozen");
    f->freezer->finish(f->freezer);
    next_event(f);
    assert_string_equal(f->events->str, "ready frozen thawed finished");
}

/* As after a start of another agent: the host that froze will ask for the thaw. */
static void
the_loss_of_a_freezer_that_takes_over_is_owed_to_the_thaw(void **state)
{
    Fixture *f = *state;

    for (unsigned i = 0; i < 3; i++)
        leave_frozen(f, i, FROST_FS_FROZEN);
    atomic_store(&f->ledger->data->frozen_us, frost_sys_now_us(&f->sys));
    setenv(BROKEN, "1", 1);
    f->freezer->adopt(f->freezer, f->ledger, on_event, f);
    unsetenv(BROKEN);
    next_event(f);
    assert_string_equal(f->events->str, "lost");
    assert_int_equal(f->ledger->data->owed, FROST_RELEASE_FREEZER_LOST);
    assert_thawed_once_each(f);
}

static void
a_freezer_lost_during_a_freeze_leaves_nothing_frozen(void **state)
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
    assert_false(frost_ledger_holds(f->ledger));
}

static void
a_freezer_lost_before_the_freeze_is_reported(void **state)
{
    Fixture *f = *state;

    start(f);
    kill(f->kernel->pid, SIGKILL);
    next_event(f);

    assert_string_equal(f->events->str, "ready lost");
    assert_int_equal(f->kernel->fs[0].thaw_calls, 0);
}

static void
freeing_the_supervisor_thaws(void **state)
{
    Fixture *f = *state;

    start_and_freeze(f);
    f->freezer->free(g_steal_pointer(&f->freezer));
    assert_true(waitpid(f->kernel->pid, NULL, 0) > 0 || errno == ECHILD);

    assert_thawed_once_each(f);
    /* A child of it ends the ledger: its lock is ours, too, so that we cannot wait for that. */
    while (frost_ledger_is_active(f->ledger))
        g_usleep(1000);
}

/* Its agent ------------------------------------------------------------------------------------ */

static G_GNUC_NORETURN void
be_an_agent_that_dies(Fixture *f, void (*last_deed)(Fixture *f))
{
    f->freezer->start(f->freezer, f->ledger, on_event, f);
    while (!f->came)
        g_main_context_iteration(NULL, TRUE);
    f->freezer->freeze(f->freezer);
    while (atomic_load(&f->ledger->data->frozen_us) == 0)
        g_thread_yield();
    if (last_deed)
        last_deed(f);
    raise(SIGKILL);
    _exit(EXIT_FAILURE);
}

/* @last_deed (nullable): before it dies, when all is frozen. @processes: so many outlive it. */
static void
run_agent_that_dies(Fixture *f, void (*last_deed)(Fixture *f), unsigned processes)
{
    assert_int_equal(prctl(PR_SET_CHILD_SUBREAPER, 1), 0);
    pid_t agent = fork();
    if (agent == 0)
        be_an_agent_that_dies(f, last_deed);
    /* The lock is theirs. */
    frost_ledger_free(g_steal_pointer(&f->ledger));
    assert_int_equal(waitpid(agent, NULL, 0), agent);

    int status = -1;
    unsigned ended = 0;
    for (; waitpid(-1, &status, 0) > 0; ended++) {
        assert_true(WIFEXITED(status));
        assert_int_equal(WEXITSTATUS(status), EXIT_SUCCESS);
    }
    assert_int_equal(ended, processes);
    f->ledger = frost_ledger_open(f->dir, NULL);
    assert_non_null(f->ledger);
}

/* The freezer, and the recovery. */
#define WITH_AN_HEIR 2
#define WITHOUT_AN_HEIR 1

static void
without_an_agent_it_thaws_and_closes_the_ledger(void **state)
{
    Fixture *f = *state;

    run_agent_that_dies(f, NULL, WITH_AN_HEIR);

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
    run_agent_that_dies(f, NULL, WITH_AN_HEIR);

    assert_thawed_once_each(f);
    assert_true(g_file_get_contents(log, &noted, NULL, NULL));
    /* The lock has not come down to it. */
    assert_string_equal(noted, "thaw 0\n");
    assert_int_equal(owed->state, FROST_HOOK_IDLE);
    assert_false(frost_ledger_is_active(f->ledger));
}

/* It is the freezer's only child. Returns when nothing of it is open any more. */
static void
kill_heir(const Fixture *f)
{
    int freezer = f->kernel->pid;
    g_autofree char *path = g_strdup_printf("/proc/%d/task/%d/children", freezer, freezer);
    g_autofree char *children = NULL;

    g_assert_true(g_file_get_contents(path, &children, NULL, NULL));
    int heir = atoi(children);
    g_assert_cmpint(heir, >, 0);
    kill(heir, SIGKILL);
    wait_for_process_state(heir, 'Z');
}

/* The host's thaw has come when the agent dies, so that the death itself is not owed. */
static void
have_a_thaw_of_what_another_program_has_thawed_and_no_heir(Fixture *f)
{
    kill_heir(f);
    atomic_store(&f->kernel->fs[1].frozen, 0);
    f->freezer->thaw(f->freezer);
}

static void
without_an_agent_and_an_heir_it_owes_what_another_program_had_thawed(void **state)
{
    Fixture *f = *state;

    run_agent_that_dies(f, have_a_thaw_of_what_another_program_has_thawed_and_no_heir,
                        WITHOUT_AN_HEIR);

    assert_int_equal(shared_sys_frozen(f->kernel), 0);
    assert_false(frost_ledger_is_active(f->ledger));
    assert_int_equal(f->ledger->data->release, FROST_RELEASE_HOST);
    assert_int_equal(f->ledger->data->owed, FROST_RELEASE_FOREIGN);
}

static int
run_them_all(void)
{
    const struct CMUnitTest tests[] = {
        FIXTURE_TEST(a_signal_thaws_and_nothing_is_frozen_afterwards),
        FIXTURE_TEST(the_freezer_ignores_other_signals),
        FIXTURE_TEST(a_finish_never_leaves_anything_frozen),
        FIXTURE_TEST(a_lost_freezer_is_replaced_until_all_is_thawed),
        FIXTURE_TEST(a_thaw_whose_freezer_is_lost_is_answered_by_the_next_freezer),
        FIXTURE_TEST(a_thaw_whose_freezer_is_lost_at_its_end_is_answered_from_the_ledger),
        FIXTURE_TEST(the_loss_of_a_freezer_that_takes_over_is_owed_to_the_thaw),
        FIXTURE_TEST(a_freezer_lost_during_a_freeze_leaves_nothing_frozen),
        FIXTURE_TEST(a_freezer_lost_before_the_freeze_is_reported),
        FIXTURE_TEST(freeing_the_supervisor_thaws),
        FIXTURE_TEST(without_an_agent_it_thaws_and_closes_the_ledger),
        FIXTURE_TEST(without_an_agent_it_undoes_the_hook_once_all_is_thawed),
        FIXTURE_TEST(without_an_agent_and_an_heir_it_owes_what_another_program_had_thawed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

int
main(int argc, char **argv)
{
    return supervisor_test_main(argc, argv, run_them_all);
}
