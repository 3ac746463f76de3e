/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * edges.h - one source of the main loop that wakes once for each change of its descriptors
 *
 * poll() says IN|HUP for ever while the host's end of a virtio port is closed. Behind an
 * edge-triggered epoll set the same change is seen once, and then the loop sleeps. The price is
 * that whoever stops before EAGAIN must come back by itself: frost_edges_wake().
 */

#include <glib.h>
#include <stdint.h>

typedef enum {
    FROST_EDGE_STREAM,   /* edge-triggered */
    FROST_EDGE_LISTENER, /* one-shot: silent until watched again */
    FROST_EDGE_COUNT,
} FrostEdge;

typedef struct FrostEdges FrostEdges;

/* @seen: the epoll events of each descriptor; all 0 after a wake. May free the FrostEdges. */
typedef void (*FrostEdgesFunc)(void *user, const uint32_t seen[FROST_EDGE_COUNT]);

/* NULL sets errno. */
FrostEdges *frost_edges_new(GMainContext *context, FrostEdgesFunc func, void *user);
void frost_edges_free(FrostEdges *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(FrostEdges, frost_edges_free)

/**
 * frost_edges_watch:
 * @events: EPOLLIN and the like
 *
 * Adds @fd, or changes what is looked for. What is the case already counts as an edge.
 * Returns: 0, or a negative errno: -EPERM for what cannot be watched (/dev/null, plain files)
 */
int frost_edges_watch(FrostEdges *self, FrostEdge which, int fd, uint32_t events);
/* To be called before @fd is closed. */
void frost_edges_unwatch(FrostEdges *self, int fd);

/* The function is called in the next turn of the loop, or after @delay_us, without an edge. */
void frost_edges_wake(FrostEdges *self, gint64 delay_us);
