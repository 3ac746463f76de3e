/* SPDX-License-Identifier: MIT */
#include "descriptor-pass.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* The kernel takes up to 253 in one message (SCM_MAX_FD). */
#define BATCH 250u

typedef union {
    struct cmsghdr head;
    char room[CMSG_SPACE(BATCH * sizeof(int))];
} Control;

void
frost_descriptors_open_pair(int sockets[2])
{
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sockets) < 0)
        sockets[0] = sockets[1] = -errno;
}

void
frost_descriptors_close_pair(const int sockets[2])
{
    for (unsigned i = 0; i < 2; i++) {
        if (sockets[i] >= 0)
            close(sockets[i]);
    }
}

static size_t
batch_of(size_t left)
{
    return left < BATCH ? left : BATCH;
}

static int
send_batch(int socket, const int *fds, size_t n)
{
    char byte = 0;
    struct iovec content = {.iov_base = &byte, .iov_len = 1};
    Control control = {.room = {0}};
    struct msghdr message = {.msg_iov = &content,
                             .msg_iovlen = 1,
                             .msg_control = &control,
                             .msg_controllen = CMSG_SPACE(n * sizeof(int))};
    struct cmsghdr *head = CMSG_FIRSTHDR(&message);

    head->cmsg_level = SOL_SOCKET;
    head->cmsg_type = SCM_RIGHTS;
    head->cmsg_len = CMSG_LEN(n * sizeof(int));
    memcpy(CMSG_DATA(head), fds, n * sizeof(int));
    return sendmsg(socket, &message, MSG_NOSIGNAL) == 1 ? 0 : -errno;
}

int
frost_descriptors_send(int socket, const int *fds, size_t n)
{
    int r = 0;

    for (size_t done = 0; r == 0 && done < n; done += BATCH)
        r = send_batch(socket, fds + done, batch_of(n - done));
    return r;
}

/* Of one message; how many came, or a negative errno. */
static int
receive_batch(int socket, int *out, size_t n)
{
    char byte;
    struct iovec content = {.iov_base = &byte, .iov_len = 1};
    Control control;
    struct msghdr message = {.msg_iov = &content,
                             .msg_iovlen = 1,
                             .msg_control = &control,
                             .msg_controllen = sizeof control};

    if (recvmsg(socket, &message, MSG_CMSG_CLOEXEC | MSG_DONTWAIT) < 0)
        return -errno;
    const struct cmsghdr *head = CMSG_FIRSTHDR(&message);
    if (!head || head->cmsg_type != SCM_RIGHTS)
        return 0;
    size_t came = (head->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    memcpy(out, CMSG_DATA(head), (came < n ? came : n) * sizeof(int));
    return (int)came;
}

int
frost_descriptors_receive(int socket, int *out, size_t n)
{
    size_t done = 0;

    while (done < n) {
        size_t wanted = batch_of(n - done);
        int r = receive_batch(socket, out + done, wanted);

        if (r >= 0 && (size_t)r == wanted) {
            done += wanted;
            continue;
        }
        done += r > 0 ? (size_t)r : 0;
        while (done > 0)
            close(out[--done]);
        return r < 0 ? r : -EMFILE; /* the table is full: the kernel passes what fits */
    }
    return 0;
}
