/* SPDX-License-Identifier: MIT */
#include "channel-private.h"

#include <errno.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

/* Nothing tells when a descriptor or memory is free again; the connector waits in the backlog. */
#define RETRY_US (1 * G_USEC_PER_SEC)

/* Connections that were given up in the backlog, passed over in one go. */
#define ABORTED_AT_ONCE 16

static void
accept_later(FrostChannel *self, int err)
{
    if (!self->accept_failed)
        g_warning("error accepting a client: %s", g_strerror(err));
    self->accept_failed = true;
    frost_edges_wake(self->edges, RETRY_US);
}

static void
take_client(FrostChannel *self, int fd)
{
    int r = frost_client_take(self, fd);
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
            int r = frost_edges_watch(self->edges, FROST_EDGE_LISTENER, self->listen_fd, EPOLLIN);
            if (r < 0)
                accept_later(self, -r);
            return;
        }
        if (errno != EINTR && errno != ECONNABORTED) {
            accept_later(self, errno);
            return;
        }
    }
    frost_edges_wake(self->edges, 0);
}
