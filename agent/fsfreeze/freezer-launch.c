/* SPDX-License-Identifier: MIT */
#include "freezer-launch.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "freezer-wire.h"

static void
keep_over_exec(int fd)
{
    if (fd > STDERR_FILENO)
        fcntl(fd, F_SETFD, 0);
}

/* After fork: only what is safe there. */
static G_GNUC_NORETURN void
become_freezer(const FrostLedger *ledger, int link)
{
    char link_text[16];
    char ledger_text[16];
    char *argv[] = {(char *)"frost-ga", (char *)FROST_FREEZER_OPTION, link_text, ledger_text, NULL};

    snprintf(link_text, sizeof link_text, "%d", link);
    snprintf(ledger_text, sizeof ledger_text, "%d", ledger->fd);
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
frost_freezer_launch(const FrostLedger *ledger, int *out_link)
{
    int pair[2];

    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
        return -errno;
    pid_t pid = fork();
    if (pid == 0)
        become_freezer(ledger, pair[1]);
    int why = errno;
    close(pair[1]);
    if (pid < 0) {
        close(pair[0]);
        return -why;
    }
    *out_link = pair[0];
    return pid;
}
