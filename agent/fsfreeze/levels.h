/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * levels.h - from "who stands on whom" to who is frozen when; pure
 *
 * Nodes are numbered from 0, the newest first. A node that counts is to be frozen; the others are
 * there since what stands on what may pass through them. An opaque node may stand on anything, so
 * it is put above everything that cannot stand on it; opaque nodes among themselves keep the order
 * of their numbers, which is the best guess there is.
 */

#include <glib.h>
#include <stdbool.h>

typedef struct FrostGraph FrostGraph;

FrostGraph *frost_graph_new(unsigned nodes);
void frost_graph_free(FrostGraph *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(FrostGraph, frost_graph_free)

void frost_graph_set_counts(FrostGraph *self, unsigned node);
void frost_graph_set_opaque(FrostGraph *self, unsigned node);
/* @upper stands on @lower; saying it twice is saying it once. */
void frost_graph_add(FrostGraph *self, unsigned upper, unsigned lower);

/* The nodes that count and that @node stands on, with no other such node in between; of unsigned.
 * Only before frost_graph_levels(), which adds to the opaque nodes what they may stand on. */
GArray *frost_graph_stands_on(const FrostGraph *self, unsigned node);
bool frost_graph_is_opaque(const FrostGraph *self, unsigned node);

/**
 * frost_graph_levels:
 * @out_levels: one for each node; of nodes that do not count always 0
 * @out_cycle: on failure, two nodes that stand on each other (or twice the same one); the first
 *     of them counts
 *
 * Level 0 is frozen first. A node that counts has a lower level than every such node that it
 * stands on, directly or through others, and no level below the highest is empty.
 *
 * Returns: the number of levels, or -1 where nodes that count stand on each other. Circles among
 * nodes that do not count harm nobody.
 */
int frost_graph_levels(FrostGraph *self, unsigned *out_levels, unsigned out_cycle[2]);
