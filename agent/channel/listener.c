/* SPDX-License-Identifier: MIT */
#include "listener.h"

#include <errno.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "stream.h"

/* No event tells that a descriptor or memory is free again. The client waits in the backlog. */
#define RETRY_US (1 * G_USEC_PER_SEC)

/* How many connections that were aborted in the backlog are skipped at a time. */
#define ABORTED_AT_ONCE 16

static void
accept_later(FrostChannel *self, int err)
{
    if (!self->accept_failed)
        g_warning("error accepting a client: %s", g_strerror(err));
    self->accept_failed = true;
    frost_edge_poll_wake(self->edge_poll, RETRY_US);
}

static void
take_client(FrostChannel *self, int fd)
{
    int r = frost_stream_take(self, fd);
    if (r < 0) {
        close(fd);
        accept_later(self, -r);
        return;
    }
    self->present = true;
    self->accept_failed = false;
    g_debug("client connected");
}

void
frost_listener_accept(FrostChannel *self)
{
    for (int i = 0; i < ABORTED_AT_ONCE; i++) {
        int fd = accept4(self->listen_fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd >= 0) {
            take_client(self, fd);
            return;
        }
        if (errno == EAGAIN || errno == EWOULDBLOCK) {
            int r = frost_edge_poll_watch(self->edge_poll, FROST_EDGE_LISTENER, self->listen_fd,
                                          EPOLLIN);
            if (r < 0)
                accept_later(self, -r);
            return;
        }
        if (errno != EINTR && errno != ECONNABORTED) {
            accept_later(self, errno);
            return;
        }
    }
    frost_edge_poll_wake(self->edge_poll, 0);
}
