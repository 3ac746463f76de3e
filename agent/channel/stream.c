/* SPDX-License-Identifier: MIT */
#include "stream.h"

#include <errno.h>
#include <sys/epoll.h>
#include <unistd.h>

int
frost_stream_watch(FrostChannel *self)
{
    uint32_t events = EPOLLIN | EPOLLRDHUP;

    /* A virtio port is writable only while a host is connected. */
    if (self->blocked || self->lingers)
        events |= EPOLLOUT;
    return frost_edge_poll_watch(self->edge_poll, FROST_EDGE_STREAM, self->fd, events);
}

void
frost_stream_forget(FrostChannel *self)
{
    frost_outbox_clear(self->outbox);
    self->present = false;
    self->hung_up = false;
    self->ended = false;
    self->finishing = false;
    self->dismissed = false;
    self->write_failed = false;
    self->confirmed = false;
    self->lingers = false;
}

int
frost_stream_take(FrostChannel *self, int fd)
{
    self->fd = fd;
    self->blocked = false;
    self->alive = false;
    frost_stream_forget(self);

    int r = frost_stream_watch(self);
    self->watched = r == 0;
    if (r == -EPERM) {
        /* epoll cannot watch it, as it is always readable. It is read once, and never again. */
        frost_edge_poll_wake(self->edge_poll, 0);
        return 0;
    }
    if (r < 0)
        self->fd = -1;
    return r;
}

void
frost_stream_drop(FrostChannel *self)
{
    frost_edge_poll_unwatch(self->edge_poll, self->fd);
    close(self->fd);
    self->fd = -1;
}

void
frost_stream_lose(FrostChannel *self, GError *error)
{
    g_autoptr(GError) lost = error;

    if (self->fd >= 0)
        frost_stream_drop(self);
    frost_stream_forget(self);
    self->closed = true;
    self->events.failed(self->user, lost);
}

void
frost_stream_flush(FrostChannel *self)
{
    int r = frost_outbox_flush(self->outbox, self->method->write, self->fd);
    bool blocked = r == -EAGAIN;

    if (r < 0 && !blocked && !self->write_failed) {
        g_warning("error writing to channel: %s", g_strerror(-r));
        self->write_failed = true;
        frost_edge_poll_wake(self->edge_poll, 0); /* a read will show whether the port is lost */
    }
    if (blocked != self->blocked) {
        self->blocked = blocked;
        frost_stream_watch(self);
    }
}
