/* SPDX-License-Identifier: MIT */
#include "freezer-spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "freezer-protocol.h"
#include "process-start.h"

/* After fork. What is closed already stays so. If anything else went wrong, the freezer would take
 * another file of its own for this one, by its number: then there is no freezer. */
static void
keep_over_exec(int fd)
{
    if (fd > STDERR_FILENO && fcntl(fd, F_SETFD, 0) < 0 && errno != EBADF)
        _exit(127);
}

/* After fork, and before this process can be stopped without its agent: it has the ledger's lock
 * already, and the next agent ends a process that is stopped only if the ledger names it. Who reads
 * the name may send SIGTERM, which then waits for the freezer to take it. */
static void
put_name_into(FrostLedgerData *data)
{
    sigset_t all;

    sigfillset(&all);
    sigprocmask(SIG_SETMASK, &all, NULL);
    atomic_store(&data->freezer_start, frost_process_start_time(getpid()));
    atomic_store(&data->freezer_pid, getpid());
}

/* After fork: only what is safe there. */
static _Noreturn void
become_freezer(const FrostLedger *ledger, uint32_t owner, int link)
{
    char link_text[16];
    char ledger_text[16];
    char lock_text[16];
    char owner_text[16];
    char *argv[] = {(char *)"frost-ga",
                    (char *)FROST_FREEZER_OPTION,
                    link_text,
                    ledger_text,
                    lock_text,
                    owner_text,
                    NULL};

    snprintf(link_text, sizeof link_text, "%d", link);
    snprintf(ledger_text, sizeof ledger_text, "%d", ledger->fd);
    snprintf(lock_text, sizeof lock_text, "%d", ledger->lock_fd);
    snprintf(owner_text, sizeof owner_text, "%u", (unsigned)owner);
    put_name_into(ledger->data);
    keep_over_exec(link);
    keep_over_exec(ledger->fd);
    keep_over_exec(ledger->lock_fd);
    keep_over_exec(ledger->data->expedite_fd);
    for (uint32_t i = 0; i < atomic_load(&ledger->data->count); i++)
        keep_over_exec(ledger->data->filesystems[i].fd);
    execv("/proc/self/exe", argv);
    _exit(127);
}

pid_t
frost_freezer_spawn(FrostLedger *ledger, int *out_link)
{
    int pair[2];

    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
        return -errno;
    uint32_t owner = frost_ledger_new_owner(ledger);
    pid_t pid = fork();
    if (pid == 0)
        become_freezer(ledger, owner, pair[1]);
    int why = errno;
    close(pair[1]);
    if (pid < 0) {
        close(pair[0]);
        return -why;
    }
    *out_link = pair[0];
    return pid;
}
