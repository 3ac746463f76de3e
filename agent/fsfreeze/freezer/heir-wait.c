/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "decimal.h"
#include "freezer-protocol.h"
#include "heir.h"

void
frost_heir_exec(int ledger_fd, int lock_fd)
{
    char number[FROST_DECIMAL_SIZE];
    char lock_number[FROST_DECIMAL_SIZE] = "-1";
    char *argv[] = {(char *)"frost-ga", (char *)FROST_RECOVERY_OPTION, number, lock_number, NULL};

    frost_decimal(number, (unsigned)ledger_fd);
    if (lock_fd >= 0)
        frost_decimal(lock_number, (unsigned)lock_fd);
    fcntl(ledger_fd, F_SETFD, 0);
    fcntl(lock_fd, F_SETFD, 0);
    execv("/proc/self/exe", argv);
}

/* How many descriptors came; 0: the freezer has ended, or wants nothing more. */
static size_t
take(int socket, int out_fds[2])
{
    char byte;
    struct iovec content = {.iov_base = &byte, .iov_len = 1};
    union {
        struct cmsghdr head;
        char room[CMSG_SPACE(2 * sizeof(int))];
    } control = {.room = {0}};
    struct msghdr message = {.msg_iov = &content,
                             .msg_iovlen = 1,
                             .msg_control = &control,
                             .msg_controllen = sizeof control};
    ssize_t n;

    do {
        n = recvmsg(socket, &message, 0);
    } while (n < 0 && errno == EINTR);
    if (n != 1 || message.msg_controllen < CMSG_LEN(sizeof(int)) ||
        control.head.cmsg_type != SCM_RIGHTS)
        return 0;
    size_t bytes = control.head.cmsg_len - CMSG_LEN(0);
    memcpy(out_fds, CMSG_DATA(&control.head), bytes);
    return bytes / sizeof(int);
}

void
frost_heir_wait(int socket)
{
    int fds[] = {-1, -1};

    if (take(socket, fds) == 0)
        _exit(EXIT_SUCCESS);
    frost_heir_exec(fds[0], fds[1]);
    _exit(EXIT_FAILURE);
}
