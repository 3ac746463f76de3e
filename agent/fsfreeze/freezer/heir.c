/* SPDX-License-Identifier: MIT */
#include "heir.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "pipes.h"
#include "process-start.h"

/* How long one that is to end is waited for. */
#define END_WAIT_MS 1000

static void
close_own(int fd)
{
    if (fd > STDERR_FILENO)
        close(fd);
}

static void
close_all(const FrostLedger *ledger, const int *fds, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        close_own(fds[i]);
    for (uint32_t i = 0; i < atomic_load(&ledger->data->count); i++)
        close_own(ledger->data->filesystems[i].fd);
    close_own(ledger->data->expedite_fd);
    close_own(ledger->fd);
    close_own(ledger->lock_fd);
}

/* The child has its own name from its first moment, so that a list of processes never shows it as a
 * freezer. */
static pid_t
fork_named(void)
{
    char own_name[16] = "";

    prctl(PR_GET_NAME, own_name);
    prctl(PR_SET_NAME, "frost-ga-heir");
    pid_t child = fork();
    int why = errno;
    if (child != 0)
        prctl(PR_SET_NAME, own_name);
    errno = why;
    return child;
}

int
frost_heir_start(FrostHeir *out, const FrostLedger *ledger, const int *fds, unsigned count)
{
    int pair[2];

    *out = (FrostHeir){.socket = -1};
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
        return -errno;
    pid_t child = fork_named();
    int why = errno;
    if (child == 0) {
        close(pair[0]);
        close_all(ledger, fds, count);
        frost_pipes_leave_now();
        frost_heir_wait(pair[1]);
    }
    close(pair[1]);
    if (child < 0) {
        close(pair[0]);
        return -why;
    }
    *out = (FrostHeir){.socket = pair[0],
                       .pid = child,
                       .start = frost_process_start_time(child),
                       .freezer = getpid()};
    return 0;
}

static bool
give(int socket, const FrostLedger *ledger)
{
    const int fds[] = {ledger->fd, ledger->lock_fd};
    const size_t bytes = (ledger->lock_fd >= 0 ? 2 : 1) * sizeof(int);
    char byte = 0;
    struct iovec content = {.iov_base = &byte, .iov_len = 1};
    union {
        struct cmsghdr head;
        char room[CMSG_SPACE(sizeof fds)];
    } control = {.room = {0}};
    const struct msghdr message = {.msg_iov = &content,
                                   .msg_iovlen = 1,
                                   .msg_control = &control,
                                   .msg_controllen = CMSG_SPACE(bytes)};

    control.head.cmsg_level = SOL_SOCKET;
    control.head.cmsg_type = SCM_RIGHTS;
    control.head.cmsg_len = CMSG_LEN(bytes);
    memcpy(CMSG_DATA(&control.head), fds, bytes);
    /* Twice, as the kernel may have no memory for a moment. */
    return sendmsg(socket, &message, MSG_NOSIGNAL | MSG_DONTWAIT) == 1 ||
           sendmsg(socket, &message, MSG_NOSIGNAL | MSG_DONTWAIT) == 1;
}

/* The ledger may be that of a later freeze by now: this process may have been stopped for long. */
static void
put_in_our_place(const FrostHeir *self, FrostLedgerData *data)
{
    if (atomic_load(&data->freezer_pid) != self->freezer)
        return;
    atomic_store(&data->freezer_start, self->start);
    atomic_store(&data->freezer_pid, self->pid);
}

void
frost_heir_succeed(const FrostHeir *self, const FrostLedger *ledger)
{
    if (!give(self->socket, ledger))
        return;
    /* Not before: if this process is stopped here, it has to be found by its name. */
    put_in_our_place(self, ledger->data);
    _exit(0);
}

void
frost_heir_succeed_by_fork(const FrostLedger *ledger)
{
    FrostHeir late = {.socket = -1, .freezer = getpid(), .pid = fork_named()};

    if (late.pid < 0)
        return;
    if (late.pid == 0) {
        frost_heir_exec(ledger->fd, ledger->lock_fd);
        _exit(EXIT_FAILURE); /* the ledger stays active for the next agent */
    }
    late.start = frost_process_start_time(late.pid);
    put_in_our_place(&late, ledger->data);
    _exit(0);
}

void
frost_heir_dismiss(FrostHeir *self)
{
    struct pollfd end = {.fd = self->socket}; /* its end of the socket */

    if (self->socket < 0)
        return;
    send(self->socket, "", 1, MSG_NOSIGNAL | MSG_DONTWAIT); /* without descriptors */
    bool has_ended = poll(&end, 1, END_WAIT_MS) > 0;
    close(self->socket);
    self->socket = -1;
    if (has_ended)
        waitpid(self->pid, NULL, 0);
}
