/* SPDX-License-Identifier: MIT */

/*
 * A freezer that is stopped by a signal cannot thaw, so the agent watches it.
 */

#include "supervisor-fixture.h"

#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "freezer-main.h"
#include "freezer-protocol.h"

/* Sooner than any other limit that could end the freezer. */
#define SOON_US (4 * G_USEC_PER_SEC)
/* In the environment: the freezer never sends a message. */
#define SILENT "FROST_TEST_SILENT_FREEZER"
/* It reports that it is ready, and nothing after that. */
#define DEAF "FROST_TEST_DEAF_FREEZER"
/* The same, and its end of the socket pair stays open after its death, as by a thread inside
 * FIFREEZE that could not get a descriptor table of its own. */
#define LINGERING "FROST_TEST_LINGERING_FREEZER"

/* Has less patience with a freezer that does not answer. */
static int
set_up_impatient(void **state)
{
    set_up(state);
    Fixture *f = *state;

    f->freezer->free(f->freezer);
    f->freezer = frost_supervisor_new_with(
        &f->sys, NULL, (FrostFreezerPatience){.start_ms = 10000, .life_ms = 1000});
    return 0;
}

static void
start_ready(Fixture *f)
{
    start(f);
    assert_int_equal(f->kind, FROST_FREEZER_READY);
}

static void
freeze(Fixture *f)
{
    f->freezer->freeze(f->freezer);
    assert_int_equal(next_event(f), FROST_FREEZER_FROZEN);
    assert_int_equal(shared_sys_frozen(f->kernel), FREEZABLE);
}

/* Its first thread has done all that there is to do, and waits for more. */
static void
wait_until_it_polls(const Fixture *f)
{
    g_autofree char *path = g_strdup_printf("/proc/%d/syscall", (int)f->kernel->pid);
    bool polls = false;

    while (!polls) {
        g_autofree char *text = NULL;
        char *end;

        assert_true(g_file_get_contents(path, &text, NULL, NULL));
        long call = strtol(text, &end, 10);
        polls = end != text && (call == SYS_ppoll
#ifdef SYS_poll
                                || call == SYS_poll
#endif
                               );
        g_thread_yield();
    }
}

static void
stop_freezer(const Fixture *f)
{
    assert_int_equal(kill(f->kernel->pid, SIGSTOP), 0);
    wait_for_process_state(f->kernel->pid, 'T');
}

/* Another process than the stopped one thaws, and soon. */
static void
assert_thawed_by_another(Fixture *f, FrostFreezerEventKind told)
{
    gint64 begun_us = g_get_monotonic_time();

    assert_int_equal(next_event(f), told);
    assert_true(g_get_monotonic_time() - begun_us < SOON_US);
    assert_thawed_once_each(f);
}

static void
assert_lost_and_thawed(Fixture *f)
{
    assert_thawed_by_another(f, FROST_FREEZER_LOST);
}

static void
a_freezer_that_is_never_ready_is_killed_and_the_start_fails(void **state)
{
    Fixture *f = *state;

    f->freezer->free(f->freezer);
    f->freezer = frost_supervisor_new_with(&f->sys, NULL,
                                           (FrostFreezerPatience){.start_ms = 1, .life_ms = 1});
    g_setenv(SILENT, "1", TRUE);
    f->freezer->start(f->freezer, f->ledger, on_event, f);
    assert_int_equal(next_event(f), FROST_FREEZER_FAILED);
    g_unsetenv(SILENT);
    assert_int_equal(shared_sys_frozen(f->kernel), 0);
}

/* READY does not show that it has received a thaw that was sent before. */
static void
a_freezer_that_is_ready_but_does_not_receive_a_thaw_is_killed(void **state)
{
    Fixture *f = *state;

    g_setenv(DEAF, "1", TRUE);
    f->freezer->start(f->freezer, f->ledger, on_event, f);
    f->freezer->thaw(f->freezer);
    assert_int_equal(next_event(f), FROST_FREEZER_READY);
    assert_int_equal(next_event(f), FROST_FREEZER_THAWED);
    g_unsetenv(DEAF);
}

/* The agent does not wait for the end of the socket, which does not come. */
static void
a_freezer_whose_socket_stays_open_is_lost_when_it_is_killed(void **state)
{
    Fixture *f = *state;

    g_setenv(LINGERING, "1", TRUE);
    start_ready(f);
    f->freezer->thaw(f->freezer);
    assert_int_equal(next_event(f), FROST_FREEZER_THAWED);
    g_unsetenv(LINGERING);
}

/* It is stopped when it should exit. When it wakes, the ledger may be that of another freeze. */
static void
a_freezer_that_does_not_exit_is_killed_before_the_next_freeze(void **state)
{
    Fixture *f = *state;

    start_ready(f);
    pid_t first = f->kernel->pid;
    stop_freezer(f);
    uint32_t owner = f->ledger->data->owner;
    f->freezer->finish(f->freezer);
    assert_int_equal(next_event(f), FROST_FREEZER_FINISHED);
    assert_true(f->ledger->data->owner > owner);
    while (waitpid(first, NULL, WNOHANG) == 0)
        g_main_context_iteration(NULL, FALSE);
    assert_int_equal(kill(first, 0), -1);
}

/* It is not killed, but no longer owns the ledger: as if its agent had been replaced while it was
 * stopped. */
static void
a_freezer_that_no_longer_owns_the_ledger_touches_nothing_when_it_wakes(void **state)
{
    Fixture *f = *state;

    start_ready(f);
    freeze(f);
    stop_freezer(f);
    frost_ledger_new_owner(f->ledger);
    f->freezer->thaw(f->freezer);
    assert_int_equal(kill(f->kernel->pid, SIGTERM), 0);
    assert_int_equal(kill(f->kernel->pid, SIGCONT), 0);
    /* It exits without a thaw, and the freezer that replaces it thaws. */
    assert_thawed_by_another(f, FROST_FREEZER_THAWED);
    assert_int_equal(f->ledger->data->owed, FROST_RELEASE_NONE);
}

static void
a_freezer_that_misses_the_limit_of_a_sync_is_killed(void **state)
{
    Fixture *f = *state;

    start_ready(f);
    stop_freezer(f);
    f->ledger->data->sync_limit_us = 1;
    f->freezer->sync(f->freezer);

    assert_int_equal(next_event(f), FROST_FREEZER_LOST);
    for (unsigned i = 0; i < FREEZABLE; i++)
        assert_int_equal(f->kernel->fs[i].freezes, 0);
}

static void
a_freezer_that_does_not_receive_a_thaw_is_killed(void **state)
{
    Fixture *f = *state;

    start_ready(f);
    freeze(f);
    stop_freezer(f);
    f->freezer->thaw(f->freezer);

    assert_thawed_by_another(f, FROST_FREEZER_THAWED);
}

static void
a_freezer_that_misses_the_limit_of_a_hold_is_killed(void **state)
{
    Fixture *f = *state;

    start_ready(f);
    f->freezer->freeze(f->freezer);
    /* Stopped while it polls again, after its report. */
    while (atomic_load(&f->ledger->data->frozen_us) == 0)
        g_thread_yield();
    wait_until_it_polls(f);
    stop_freezer(f);
    f->ledger->data->hold_limit_us = 1;
    assert_int_equal(next_event(f), FROST_FREEZER_FROZEN);

    assert_lost_and_thawed(f);
    assert_int_equal(f->ledger->data->owed, FROST_RELEASE_FREEZER_LOST);
}

static void
a_freezer_that_misses_the_limit_of_a_freeze_is_killed(void **state)
{
    Fixture *f = *state;

    start_ready(f);
    stop_freezer(f);
    f->ledger->data->freeze_limit_us = 1;
    f->freezer->freeze(f->freezer);

    assert_lost_and_thawed(f);
    assert_int_equal(f->ledger->data->owed, FROST_RELEASE_NONE);
}

static void
a_freezer_that_misses_the_limit_of_the_window_is_killed(void **state)
{
    Fixture *f = *state;

    start_ready(f);
    stop_freezer(f);
    f->ledger->data->freeze_limit_us = 3600 * (int64_t)G_USEC_PER_SEC;
    f->ledger->data->window_limit_us = 1;
    f->freezer->freeze(f->freezer);

    assert_lost_and_thawed(f);
}

static void
a_freezer_that_has_taken_over_is_watched_too(void **state)
{
    Fixture *f = *state;

    for (unsigned i = 0; i < FREEZABLE; i++)
        leave_frozen(f, i, FROST_FS_FROZEN);
    atomic_store(&f->ledger->data->frozen_us, frost_sys_now_us(&f->sys));
    f->freezer->adopt(f->freezer, f->ledger, on_event, f);
    while (f->kernel->pid == 0)
        g_thread_yield();
    wait_until_it_polls(f);
    stop_freezer(f);
    f->ledger->data->hold_limit_us = 1;
    assert_int_equal(next_event(f), FROST_FREEZER_READY);

    assert_lost_and_thawed(f);
}

/* A limit so far away must not overflow into a near one. */
static void
a_limit_of_ten_years_is_no_limit_of_today(void **state)
{
    Fixture *f = *state;
    gint64 until_us = g_get_monotonic_time() + 2 * G_USEC_PER_SEC;

    f->ledger->data->window_limit_us = ((int64_t)G_MAXUINT + 1) * 1000;
    start_ready(f);
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
#define IMPATIENT_TEST(f) cmocka_unit_test_setup_teardown(f, set_up_impatient, tear_down)
    const struct CMUnitTest tests[] = {
        IMPATIENT_TEST(a_freezer_that_is_never_ready_is_killed_and_the_start_fails),
        IMPATIENT_TEST(a_freezer_that_is_ready_but_does_not_receive_a_thaw_is_killed),
        IMPATIENT_TEST(a_freezer_whose_socket_stays_open_is_lost_when_it_is_killed),
        IMPATIENT_TEST(a_freezer_that_does_not_exit_is_killed_before_the_next_freeze),
        IMPATIENT_TEST(a_freezer_that_no_longer_owns_the_ledger_touches_nothing_when_it_wakes),
        IMPATIENT_TEST(a_freezer_that_misses_the_limit_of_a_sync_is_killed),
        IMPATIENT_TEST(a_freezer_that_does_not_receive_a_thaw_is_killed),
        IMPATIENT_TEST(a_freezer_that_misses_the_limit_of_a_hold_is_killed),
        IMPATIENT_TEST(a_freezer_that_misses_the_limit_of_a_freeze_is_killed),
        IMPATIENT_TEST(a_freezer_that_misses_the_limit_of_the_window_is_killed),
        IMPATIENT_TEST(a_freezer_that_has_taken_over_is_watched_too),
        IMPATIENT_TEST(a_limit_of_ten_years_is_no_limit_of_today),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Starts a process that keeps @link open until the other end is closed. */
static void
keep_open(int link)
{
    struct pollfd hang_up = {.fd = link};

    if (fork() != 0)
        return;
    poll(&hang_up, 1, -1);
    _exit(EXIT_SUCCESS);
}

int
main(int argc, char **argv)
{
    FrostFreezerTerms terms;

    while (argc > 1 && g_getenv(SILENT))
        pause();
    if (frost_freezer_terms_parse(&terms, argc, argv) && g_getenv(LINGERING))
        keep_open(terms.command_fd);
    while (frost_freezer_terms_parse(&terms, argc, argv) &&
           (g_getenv(DEAF) || g_getenv(LINGERING))) {
        frost_message_send(terms.command_fd, &(FrostMessage){.kind = FROST_MESSAGE_READY});
        pause();
    }
    return supervisor_test_main(argc, argv, run_them_all);
}
