/* SPDX-License-Identifier: MIT */
#include "heir.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "freezer-protocol.h"
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
    FrostHeir heir = {.socket = socket, .pid = 4321, .start = HEIR_START};

    assert_ptr_not_equal(data, MAP_FAILED);
    *out_freezer = fork();
    if (*out_freezer == 0) {
        heir.freezer = getpid();
        atomic_store(&data->freezer_pid, named ? named : heir.freezer);
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

static void *
wait_for_ever(void *unused)
{
    for (;;)
        pause();
    return unused;
}

/* This program with the option of a recovery: see main. */
static void
become_recovery_by_fork(const FrostLedger *ledger)
{
    pthread_t thread;

    atomic_store(&ledger->data->freezer_pid, getpid());
    if (pthread_create(&thread, NULL, wait_for_ever, NULL) == 0)
        frost_heir_succeed_by_fork(ledger);
    _exit(EXIT_FAILURE);
}

static void
without_an_heir_a_child_becomes_the_recovery_and_this_process_ends(void **state)
{
    int status = 0;
    FrostLedger ledger = {.fd = memfd_create("ledger", MFD_CLOEXEC), .lock_fd = -1};

    assert_int_equal(ftruncate(ledger.fd, sizeof *ledger.data), 0);
    ledger.data = mmap(NULL, sizeof *ledger.data, PROT_READ | PROT_WRITE, MAP_SHARED, ledger.fd, 0);
    assert_ptr_not_equal(ledger.data, MAP_FAILED);
    assert_int_equal(prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0), 0);
    alarm(LIMIT_S);

    pid_t freezer = fork();
    if (freezer == 0)
        become_recovery_by_fork(&ledger);
    assert_int_equal(waitpid(freezer, &status, 0), freezer);
    assert_int_equal(status, 0);
    pid_t recovery = waitpid(-1, &status, 0);
    assert_int_equal(status, 0);
    assert_int_equal(atomic_load(&ledger.data->freezer_pid), recovery);
    assert_int_equal(atomic_load(&ledger.data->owed_limit_s), OF_ANOTHER);
    munmap(ledger.data, sizeof *ledger.data);
    close(ledger.fd);
}

/* What frost_heir_succeed_by_fork starts: it notes in the ledger that it was. */
static int
run_as_recovery(int ledger_fd)
{
    FrostLedgerData *data =
        mmap(NULL, sizeof *data, PROT_READ | PROT_WRITE, MAP_SHARED, ledger_fd, 0);

    if (data == MAP_FAILED)
        return EXIT_FAILURE;
    atomic_store(&data->owed_limit_s, OF_ANOTHER);
    return EXIT_SUCCESS;
}

int
main(int argc, char **argv)
{
    if (argc == 4 && strcmp(argv[1], FROST_RECOVERY_OPTION) == 0)
        return run_as_recovery(atoi(argv[2]));

    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_heir_that_is_dismissed_ends_and_is_reaped),
        cmocka_unit_test(an_heir_that_was_killed_is_reaped),
        cmocka_unit_test(an_heir_that_is_stopped_keeps_no_freezer_and_ends_when_it_goes_on),
        cmocka_unit_test(the_ledger_names_the_heir_that_has_it),
        cmocka_unit_test(the_ledger_names_no_heir_that_has_not_got_it),
        cmocka_unit_test(the_ledger_of_a_later_freeze_keeps_its_name),
        cmocka_unit_test(without_an_heir_a_child_becomes_the_recovery_and_this_process_ends),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
