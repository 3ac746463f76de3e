/* SPDX-License-Identifier: MIT */
#include "client.h"

#include <errno.h>
#include <poll.h>

#include "port.h"
#include "stream.h"

#define READ_SIZE 4096
/* Of further reads, when the first one was full: each is handed to a process that parses it. */
#define LARGE_READ_SIZE 16384
/* Per turn of the main loop, so that a client that floods the channel does not starve the agent. */
#define READS_A_TURN 4
/* Enough for what the kernel buffers of a client that has gone: 512 KiB for a virtio port. */
#define READS_AFTER_HANGUP 64

/* The client of a listening socket has gone. */
static void
depart(FrostChannel *self)
{
    frost_stream_drop(self);
    frost_stream_forget(self);
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
        frost_port_note_closed(self);
    else
        frost_stream_lose(self, g_error_new(FROST_CHANNEL_ERROR, FROST_CHANNEL_ERROR_LOST,
                                            "error reading channel: %s", g_strerror(err)));
}

/* The answers that are given during received() are written together. */
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
        frost_stream_flush(self);
}

static bool
may_read(const FrostChannel *self, int reads)
{
    if (self->closed || self->fd < 0 || self->dismissed)
        return false;
    if (self->hung_up)
        return reads < READS_AFTER_HANGUP;
    return !self->paused && reads < READS_A_TURN;
}

void
frost_client_read(FrostChannel *self)
{
    uint8_t first[READ_SIZE];
    g_autofree uint8_t *large = NULL;

    for (int reads = 0; may_read(self, reads); reads++) {
        uint8_t *buffer = large ? large : first;
        ssize_t n = self->method->read(self->fd, buffer, large ? LARGE_READ_SIZE : sizeof first);

        if (n > 0) {
            deliver(self, buffer, (size_t)n);
            if (n == sizeof first && !large)
                large = g_malloc(LARGE_READ_SIZE);
        } else if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
            self->alive = true;
            if (!self->method->listens)
                frost_port_note_open(self);
            return;
        } else if (n == 0 || errno != EINTR) {
            end_of_input(self, n < 0 ? errno : 0);
            return;
        }
    }
    /* There may be more to read, for which no edge will come. While paused, resuming reads it. */
    if (!self->closed && self->fd >= 0 && !self->paused)
        frost_edge_poll_wake(self->edge_poll, 0);
}

void
frost_client_part(FrostChannel *self)
{
    bool is_done = self->finishing && (frost_outbox_size(self->outbox) == 0 || self->write_failed);

    if (!self->dismissed && !is_done)
        return;
    if (self->method->listens)
        depart(self);
    else
        frost_port_hang_up(self);
}
