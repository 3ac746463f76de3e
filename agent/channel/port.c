/* SPDX-License-Identifier: MIT */

/*
 * port.c - sees the host's end of a port open and close
 *
 * A virtio port has one queue for opening and closing, and another one for bytes; neither waits for
 * the other. So the port may be reported closed although the first bytes of a new client were just
 * read: the report of its opening is still in the queue, or the closing is that of the client
 * before it. If the answers to the new client were dropped then, it would wait for ever.
 *
 *   VACANT --bytes--> PRESENT --EAGAIN--> PRESENT, confirmed
 *                        |                      |
 *       closed, soon after the last bytes       |
 *                        v                      v
 *                     LINGERS  -- writable or EAGAIN: it was stale --> PRESENT, confirmed
 *                        |
 *                        +-- still closed half a second later --> departed(), VACANT
 *
 * A report long after the last bytes is not stale: departed(). When a confirmed client is reported
 * closed, ended() is called at once, and its unfinished line is dropped: it has gone, or will send
 * no more.
 */

#include <errno.h>
#include <unistd.h>

#include "port.h"
#include "stream.h"

/* After a hangup, the descriptor of a tty only reads as end of file, though the line may still be
 * there. */
static void
reopen(FrostChannel *self)
{
    GError *error = NULL;

    frost_stream_drop(self);
    int fd = self->method->open(self->path, &error);
    if (fd < 0) {
        error->code = FROST_CHANNEL_ERROR_LOST;
        frost_stream_lose(self, error);
        return;
    }
    int r = frost_stream_take(self, fd);
    if (r < 0) {
        close(fd);
        frost_stream_lose(self, g_error_new(FROST_CHANNEL_ERROR, FROST_CHANNEL_ERROR_LOST,
                                            "error opening channel '%s': %s", self->path,
                                            g_strerror(-r)));
    }
}

/* The guest's end stays open, as libvirt would take its closing for the end of the agent. */
void
frost_port_hang_up(FrostChannel *self)
{
    bool was_present = self->present;
    bool was_watched_more = self->blocked || self->lingers;
    bool again = self->dismissed || (self->method->reopens && self->watched && self->alive);

    frost_stream_forget(self);
    self->blocked = false;
    if (was_watched_more)
        frost_stream_watch(self);
    if (was_present) {
        g_debug("host end closed");
        self->events.departed(self->user);
    }
    if (!self->closed && again)
        reopen(self);
}

gint64
frost_port_patience_us(const FrostChannel *self)
{
    return MAX(self->method->patience_us, self->method->linger_us);
}

static void
linger(FrostChannel *self, gint64 now_us)
{
    gint64 patience_us = frost_port_patience_us(self);

    self->lingers = true;
    self->lingers_until_us = now_us + patience_us;
    frost_stream_watch(self);
    frost_edge_poll_wake(self->edge_poll, patience_us);
    if (self->confirmed && self->events.ended) {
        self->ended = true;
        self->events.ended(self->user);
    }
}

void
frost_port_note_closed(FrostChannel *self)
{
    gint64 now_us = g_get_monotonic_time();
    bool stale = self->present && now_us - self->heard_us < self->method->linger_us;

    if (self->lingers && now_us < self->lingers_until_us)
        frost_edge_poll_wake(self->edge_poll, self->lingers_until_us - now_us);
    else if (!self->lingers && stale)
        linger(self, now_us);
    else
        frost_port_hang_up(self);
}

void
frost_port_note_open(FrostChannel *self)
{
    self->hung_up = false;
    self->confirmed = true;
    if (!self->lingers)
        return;
    self->lingers = false;
    self->ended = false;
    self->finishing = false;
    frost_stream_watch(self);
}
