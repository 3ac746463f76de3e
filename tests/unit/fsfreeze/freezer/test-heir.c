/* SPDX-License-Identifier: MIT */
#include "heir.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "test-support.h"

/* More than it takes, also where everything is slow. */
#define LIMIT_S 30

static void
start(FrostHeir *out, FrostLedgerData *data)
{
    const FrostLedger ledger = {.fd = -1, .lock_fd = -1, .data = data};

    assert_int_equal(frost_heir_start(out, &ledger, NULL, 0), 0);
    alarm(LIMIT_S);
}

static void
an_heir_that_is_dismissed_ends_and_is_reaped(void **state)
{
    FrostLedgerData *data = g_new0(FrostLedgerData, 1);
    FrostHeir heir;

    start(&heir, data);
    frost_heir_dismiss(&heir);
    assert_int_equal(heir.socket, -1);
    assert_int_equal(waitpid(-1, NULL, 0), -1);
    g_free(data);
}

static void
an_heir_that_was_killed_is_reaped(void **state)
{
    FrostLedgerData *data = g_new0(FrostLedgerData, 1);
    FrostHeir heir;

    start(&heir, data);
    kill(heir.pid, SIGKILL);
    frost_heir_dismiss(&heir);
    assert_int_equal(waitpid(-1, NULL, 0), -1);
    g_free(data);
}

/* The freezer has the filesystems open until it ends. */
static void
an_heir_that_is_stopped_keeps_no_freezer_and_ends_when_it_goes_on(void **state)
{
    FrostLedgerData *data = g_new0(FrostLedgerData, 1);
    FrostHeir heir;
    int status = 0;

    start(&heir, data);
    assert_int_equal(kill(heir.pid, SIGSTOP), 0);
    assert_int_equal(waitpid(heir.pid, NULL, WUNTRACED), heir.pid);
    pid_t stopped = heir.pid;
    frost_heir_dismiss(&heir);
    assert_int_equal(kill(stopped, SIGCONT), 0);
    assert_int_equal(waitpid(stopped, &status, 0), stopped);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
    g_free(data);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_heir_that_is_dismissed_ends_and_is_reaped),
        cmocka_unit_test(an_heir_that_was_killed_is_reaped),
        cmocka_unit_test(an_heir_that_is_stopped_keeps_no_freezer_and_ends_when_it_goes_on),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
