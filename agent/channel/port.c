/* SPDX-License-Identifier: MIT */

/*
 * port.c - how the host's end of a port comes and goes
 *
 * A virtio port tells of it on one queue, and hands over its bytes on another; neither waits for
 * the other. So "closed" may be stale: said to one who has just been given a new client's first
 * bytes, either because its opening is still in that queue, or because the closing that is seen is
 * the one of the client before it. Had its answers been dropped for that, it would wait for ever.
 *
 *   VACANT --bytes--> PRESENT --EAGAIN--> PRESENT, confirmed
 *                        |                      |
 *       closed, soon after the last bytes       |
 *                        v                      v
 *                     LINGERS  -- writable or EAGAIN: it was stale --> PRESENT, confirmed
 *                        |
 *                        +-- still closed half a second later --> departed(), VACANT
 *
 * Closed long after the last bytes is just that: departed(). What a confirmed client has not
 * finished saying is dropped at once (ended()): it is gone, or has said all of it.
 */

#include <errno.h>
#include <unistd.h>

#include "channel-private.h"

/* A tty that was hung up answers end of file for ever; the line itself may be there as before. */
static void
reopen(FrostChannel *self)
{
    GError *error = NULL;

    frost_client_drop(self);
    int fd = self->method->open(self->path, &error);
    if (fd < 0) {
        error->code = FROST_CHANNEL_ERROR_LOST;
        frost_client_lose(self, error);
        return;
    }
    int r = frost_client_take(self, fd);
    if (r < 0) {
        close(fd);
        frost_client_lose(self, g_error_new(FROST_CHANNEL_ERROR, FROST_CHANNEL_ERROR_LOST,
                                            "error opening channel '%s': %s", self->path,
                                            g_strerror(-r)));
    }
}

/* The guest's end stays open: libvirt would take its closing for the end of the agent. */
void
frost_port_hang_up(FrostChannel *self)
{
    bool was_present = self->present;
    bool was_watched_more = self->blocked || self->lingers;
    bool again = self->method->reopens && self->watched && self->alive;

    frost_client_forget(self);
    self->blocked = false;
    if (was_watched_more)
        frost_client_watch(self);
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
    frost_client_watch(self);
    frost_edges_wake(self->edges, patience_us);
    if (self->confirmed && self->events.ended) {
        self->ended = true;
        self->events.ended(self->user);
    }
}

void
frost_port_is_closed(FrostChannel *self)
{
    gint64 now_us = g_get_monotonic_time();
    bool stale = self->present && now_us - self->heard_us < self->method->linger_us;

    if (self->lingers && now_us < self->lingers_until_us)
        frost_edges_wake(self->edges, self->lingers_until_us - now_us);
    else if (!self->lingers && stale)
        linger(self, now_us);
    else
        frost_port_hang_up(self);
}

void
frost_port_is_open(FrostChannel *self)
{
    self->hung_up = false;
    self->confirmed = true;
    if (!self->lingers)
        return;
    self->lingers = false;
    self->ended = false;
    self->finishing = false;
    frost_client_watch(self);
}
