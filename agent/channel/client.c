/* SPDX-License-Identifier: MIT */
#include "channel-private.h"

#include <errno.h>
#include <poll.h>
#include <sys/epoll.h>
#include <unistd.h>

#define READ_SIZE 4096
/* In one turn of the main loop: who floods the channel must not starve the rest of the agent. */
#define READS_A_TURN 4
/* What the kernel may hold for a client that has gone: 512 KiB for a virtio port. */
#define READS_AFTER_HANGUP 64

int
frost_client_watch(FrostChannel *self)
{
    uint32_t events = EPOLLIN | EPOLLRDHUP;

    /* While nobody is connected a virtio port is not writable: that it is, tells of somebody. */
    if (self->blocked || self->lingers)
        events |= EPOLLOUT;
    return frost_edges_watch(self->edges, FROST_EDGE_STREAM, self->fd, events);
}

void
frost_client_forget(FrostChannel *self)
{
    frost_outbox_clear(self->outbox);
    self->present = false;
    self->hung_up = false;
    self->ended = false;
    self->finishing = false;
    self->write_failed = false;
    self->confirmed = false;
    self->lingers = false;
}

int
frost_client_take(FrostChannel *self, int fd)
{
    self->fd = fd;
    self->blocked = false;
    self->alive = false;
    frost_client_forget(self);

    int r = frost_client_watch(self);
    self->watched = r == 0;
    if (r == -EPERM) {
        /* Always readable, as the kernel sees it: read once, then never again. */
        frost_edges_wake(self->edges, 0);
        return 0;
    }
    if (r < 0)
        self->fd = -1;
    return r;
}

void
frost_client_drop(FrostChannel *self)
{
    frost_edges_unwatch(self->edges, self->fd);
    close(self->fd);
    self->fd = -1;
}

void
frost_client_lose(FrostChannel *self, GError *error)
{
    g_autoptr(GError) lost = error;

    if (self->fd >= 0)
        frost_client_drop(self);
    frost_client_forget(self);
    self->closed = true;
    self->events.failed(self->user, lost);
}

/* The client of a listening socket has gone. */
static void
depart(FrostChannel *self)
{
    frost_client_drop(self);
    frost_client_forget(self);
    g_debug("client disconnected");
    self->events.departed(self->user);
}

/* After its shutdown(SHUT_WR) a client may still read; after its close() the kernel says HUP. */
static bool
peer_is_gone(int fd)
{
    struct pollfd now = {.fd = fd};

    return poll(&now, 1, 0) != 0;
}

/* @err: 0 for the end of file. */
static void
end_of_input(FrostChannel *self, int err)
{
    if (self->method->listens) {
        if (err != 0 || !self->events.ended || peer_is_gone(self->fd)) {
            depart(self);
        } else if (!self->ended) {
            self->ended = true;
            self->events.ended(self->user);
        }
        return;
    }
    if (err == 0 || (err == EIO && self->method->reopens))
        frost_port_is_closed(self);
    else
        frost_client_lose(self, g_error_new(FROST_CHANNEL_ERROR, FROST_CHANNEL_ERROR_LOST,
                                            "error reading channel: %s", g_strerror(err)));
}

/* What the bytes are answered with at once is written together. */
static void
deliver(FrostChannel *self, const uint8_t *bytes, size_t length)
{
    g_debug("read data, count: %zu", length);
    self->present = true;
    self->alive = true;
    self->ended = false;
    self->heard_us = g_get_monotonic_time();
    self->lingers_until_us = self->heard_us + frost_port_patience_us(self);
    self->corked = true;
    self->events.received(self->user, bytes, length);
    self->corked = false;
    if (!self->closed && !self->blocked && frost_outbox_size(self->outbox) > 0)
        frost_client_flush(self);
}

static bool
may_read(const FrostChannel *self, int reads)
{
    if (self->closed || self->fd < 0)
        return false;
    if (self->hung_up)
        return reads < READS_AFTER_HANGUP;
    return !self->paused && reads < READS_A_TURN;
}

void
frost_client_read(FrostChannel *self)
{
    uint8_t buffer[READ_SIZE];

    for (int reads = 0; may_read(self, reads); reads++) {
        ssize_t n = self->method->read(self->fd, buffer, sizeof(buffer));

        if (n > 0) {
            deliver(self, buffer, (size_t)n);
        } else if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
            self->alive = true;
            if (!self->method->listens)
                frost_port_is_open(self);
            return;
        } else if (n == 0 || errno != EINTR) {
            end_of_input(self, n < 0 ? errno : 0);
            return;
        }
    }
    /* More may be there, and its edge is spent. While paused, resuming looks again. */
    if (!self->closed && self->fd >= 0 && !self->paused)
        frost_edges_wake(self->edges, 0);
}

void
frost_client_flush(FrostChannel *self)
{
    int r = frost_outbox_flush(self->outbox, self->method->write, self->fd);
    bool blocked = r == -EAGAIN;

    if (r < 0 && !blocked && !self->write_failed) {
        g_warning("error writing to channel: %s", g_strerror(-r));
        self->write_failed = true;
        frost_edges_wake(self->edges, 0); /* reading shows whether the port is lost */
    }
    if (blocked != self->blocked) {
        self->blocked = blocked;
        frost_client_watch(self);
    }
}

void
frost_client_part(FrostChannel *self)
{
    if (!self->finishing || (frost_outbox_size(self->outbox) > 0 && !self->write_failed))
        return;
    if (self->method->listens)
        depart(self);
    else
        frost_port_hang_up(self);
}
