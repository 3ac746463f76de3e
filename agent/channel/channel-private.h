/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * channel-private.h - what the parts of a channel share
 *
 *   channel.c    made, used, freed
 *   client.c     bytes from and to the present client; how it leaves
 *   listener.c   the next client of a listening socket
 */

#include "channel.h"
#include "edges.h"
#include "method.h"
#include "outbox.h"

struct FrostChannel {
    const FrostChannelMethod *method;
    char *path; /* NULL: handed over by systemd */
    FrostChannelEvents events;
    void *user;

    unsigned references; /* one for the owner, one while events are delivered */
    FrostEdges *edges;
    FrostOutbox *outbox;
    int listen_fd; /* -1: a port */
    int fd;        /* the port, or the present client; -1: none */

    bool closed; /* failed or freed: no event any more */
    bool paused;
    bool corked;        /* answers are gathered, to be written together */
    bool accept_failed; /* said so already */

    /* About the present descriptor. */
    bool watched; /* epoll takes it: not so for /dev/null and plain files */
    bool alive;   /* it was seen to work: worth opening again when hung up */
    bool blocked; /* waits for writability */

    /* About the present client. */
    bool present;      /* it can be answered */
    bool hung_up;      /* gone, though not all that it said may be read */
    bool ended;        /* says no more, may still read */
    bool finishing;    /* and everything for it is in the outbox */
    bool write_failed; /* said so already */
};

/* Makes @fd the port or the present client. Returns 0 or a negative errno, then @fd is not taken.
 */
int frost_client_take(FrostChannel *self, int fd);
/* Reads what is there, within bounds, and deals with its end. Delivers events. */
void frost_client_read(FrostChannel *self);
/* Writes what can be written now. Delivers no event. */
void frost_client_flush(FrostChannel *self);
/* Parts from a client that has ended once everything for it is written. Delivers events. */
void frost_client_part(FrostChannel *self);

/* Takes the next client, or waits for it. Delivers no event. */
void frost_listener_accept(FrostChannel *self);
