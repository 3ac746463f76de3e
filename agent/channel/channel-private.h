/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * channel-private.h - the state of a channel, which its parts share; an arrow means "calls"
 *
 *   channel    the public functions; the handler of events      -> client, listener, port, stream
 *   client     reads from the present client; sees it leave     -> port, stream
 *   port       sees the host's end of a port open and close     -> stream
 *   listener   accepts the next client of a listening socket    -> stream
 *   stream     watches, writes to and closes the descriptor
 */

#include "channel.h"
#include "edge-poll.h"
#include "method.h"
#include "outbox.h"

struct FrostChannel {
    const FrostChannelMethod *method;
    char *path; /* NULL: the socket was passed by systemd */
    FrostChannelEvents events;
    void *user;

    unsigned references; /* one of the owner, one while events are delivered */
    FrostEdgePoll *edge_poll;
    FrostOutbox *outbox;
    int listen_fd; /* -1: a port */
    int fd;        /* the port, or the present client; -1: none */

    bool closed; /* failed or freed: no more events */
    bool paused;
    bool corked;        /* answers are collected, to be written together */
    bool accept_failed; /* a warning was logged */

    /* About the present descriptor. */
    bool watched; /* epoll watches it; it cannot watch /dev/null and plain files */
    bool alive;   /* it has worked: after a hangup, it is worth opening again */
    bool blocked; /* waiting until it is writable */

    /* About the present client. */
    bool present;      /* it can be answered */
    bool hung_up;      /* it has gone, but there may be bytes of it to read */
    bool ended;        /* it sends no more, but may still read */
    bool finishing;    /* it has ended, and all its answers are in the outbox */
    bool dismissed;    /* it is to be closed, whatever it wants */
    bool write_failed; /* a warning was logged */
    bool confirmed;    /* port only: it was seen to be open since it was last closed */
    bool lingers;      /* port only: the kernel reports it closed, which may be stale */
    gint64 lingers_until_us;
    gint64 heard_us; /* when its last bytes came */
};
