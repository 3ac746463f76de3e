/* SPDX-License-Identifier: MIT */
#include "heir.h"

#include <signal.h>
#include <sys/mman.h>
#include <sys/socket.h>
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

#define OF_ANOTHER 12345
#define HEIR_START 77

/* A freezer, named in a ledger as @named (0: as it is), gives the ledger to an heir that has
 * @socket. Returns the process that the ledger names then; to be compared with what @out_freezer
 * gets. */
static pid_t
named_after_succession(int socket, pid_t named, pid_t *out_freezer)
{
    FrostLedgerData *data =
        mmap(NULL, sizeof *data, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    const FrostLedger ledger = {.fd = STDIN_FILENO, .lock_fd = -1, .data = data};
    const FrostHeir heir = {.socket = socket, .pid = 4321, .start = HEIR_START};

    assert_ptr_not_equal(data, MAP_FAILED);
    *out_freezer = fork();
    if (*out_freezer == 0) {
        atomic_store(&data->freezer_pid, named ? named : getpid());
        frost_heir_succeed(&heir, &ledger);
        _exit(0);
    }
    assert_int_equal(waitpid(*out_freezer, NULL, 0), *out_freezer);
    pid_t found = atomic_load(&data->freezer_pid);
    assert_int_equal(atomic_load(&data->freezer_start), found == heir.pid ? HEIR_START : 0);
    munmap(data, sizeof *data);
    return found;
}

static void
the_ledger_names_the_heir_that_has_it(void **state)
{
    int pair[2];
    pid_t freezer;

    assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair), 0);
    assert_int_equal(named_after_succession(pair[0], 0, &freezer), 4321);
    close(pair[0]);
    close(pair[1]);
}

static void
the_ledger_names_no_heir_that_has_not_got_it(void **state)
{
    int pair[2];
    pid_t freezer;

    assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair), 0);
    close(pair[1]);
    pid_t named = named_after_succession(pair[0], 0, &freezer);
    assert_int_equal(named, freezer);
    close(pair[0]);
}

/* The freezer was stopped for so long. */
static void
the_ledger_of_a_later_freeze_keeps_its_name(void **state)
{
    int pair[2];
    pid_t freezer;

    assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair), 0);
    assert_int_equal(named_after_succession(pair[0], OF_ANOTHER, &freezer), OF_ANOTHER);
    close(pair[0]);
    close(pair[1]);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_heir_that_is_dismissed_ends_and_is_reaped),
        cmocka_unit_test(an_heir_that_was_killed_is_reaped),
        cmocka_unit_test(an_heir_that_is_stopped_keeps_no_freezer_and_ends_when_it_goes_on),
        cmocka_unit_test(the_ledger_names_the_heir_that_has_it),
        cmocka_unit_test(the_ledger_names_no_heir_that_has_not_got_it),
        cmocka_unit_test(the_ledger_of_a_later_freeze_keeps_its_name),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
