/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * channel-private.h - what the parts of a channel share
 *
 *   channel.c    made, used, freed
 *   client.c     bytes from and to the present client; how it leaves
 *   port.c       how the host's end of a port comes and goes
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
    bool confirmed;    /* of a port: it was seen to be open since it was last closed */
    bool lingers;      /* of a port: said to be closed, which may be stale */
    gint64 lingers_until_us;
    gint64 heard_us; /* when its last bytes came */
};

/* Makes @fd the port or the present client. Returns 0 or a negative errno, then @fd is not taken.
 */
int frost_client_take(FrostChannel *self, int fd);
/* Looks for what the present state of @self asks for. */
int frost_client_watch(FrostChannel *self);
/* Forgets all that is about the present client; its descriptor stays. */
void frost_client_forget(FrostChannel *self);
/* Closes the descriptor. */
void frost_client_drop(FrostChannel *self);
/* The port is gone for good: takes @error, delivers failed(). */
void frost_client_lose(FrostChannel *self, GError *error);
/* Reads what is there, within bounds, and deals with its end. Delivers events. */
void frost_client_read(FrostChannel *self);
/* Writes what can be written now. Delivers no event. */
void frost_client_flush(FrostChannel *self);
/* Parts from a client that has ended once everything for it is written. Delivers events. */
void frost_client_part(FrostChannel *self);

/* How long a port that is said to be closed is doubted to be. */
gint64 frost_port_patience_us(const FrostChannel *self);
/* A port whose host's end is said to be closed, or known to be open. */
void frost_port_is_closed(FrostChannel *self);
void frost_port_is_open(FrostChannel *self);
/* Its client has gone. Delivers departed(). */
void frost_port_hang_up(FrostChannel *self);

/* Takes the next client, or waits for it. Delivers no event. */
void frost_listener_accept(FrostChannel *self);
