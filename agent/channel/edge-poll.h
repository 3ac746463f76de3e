/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * edge-poll.h - a GSource that wakes once for each change of its descriptors
 *
 * While the host's end of a virtio port is closed, poll() returns POLLIN|POLLHUP at once, for ever.
 * An edge-triggered epoll set reports the change once, and then the main loop sleeps. In return, a
 * handler that stops before EAGAIN gets no further event, and has to call frost_edge_poll_wake().
 */

#include <glib.h>
#include <stdint.h>

typedef enum {
    FROST_EDGE_STREAM,   /* edge-triggered */
    FROST_EDGE_LISTENER, /* one-shot: silent until it is watched again */
    FROST_EDGE_COUNT,
} FrostEdge;

typedef struct FrostEdgePoll FrostEdgePoll;

/* @seen: the epoll events of each descriptor; all 0 after frost_edge_poll_wake(). May free the
 * FrostEdgePoll. */
typedef void (*FrostEdgePollFunc)(void *user, const uint32_t seen[FROST_EDGE_COUNT]);

/* NULL, with errno set, on failure. */
FrostEdgePoll *frost_edge_poll_new(GMainContext *context, FrostEdgePollFunc func, void *user);
void frost_edge_poll_free(FrostEdgePoll *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(FrostEdgePoll, frost_edge_poll_free)

/**
 * frost_edge_poll_watch:
 * @events: EPOLLIN and the like
 *
 * Adds @fd, or changes its events. An event that is pending already counts as an edge.
 *
 * Returns: 0, or a negative errno; -EPERM: epoll cannot watch it (/dev/null, plain files)
 */
int frost_edge_poll_watch(FrostEdgePoll *self, FrostEdge which, int fd, uint32_t events);
/* To be called before @fd is closed. */
void frost_edge_poll_unwatch(FrostEdgePoll *self, int fd);

/* Calls the function after @delay_us, or with 0 in the next turn of the loop, without an edge. */
void frost_edge_poll_wake(FrostEdgePoll *self, gint64 delay_us);
