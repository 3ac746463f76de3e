/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * freeze-order.h - computes the levels of a freeze from the graph of which filesystem stands on
 * which; pure
 *
 * A node is a filesystem. Nodes are numbered from 0, the newest filesystem first. A node counts if
 * it is to be frozen; the others are in the graph because a stack may pass through them.
 *
 * A node with an unknown order may stand on anything, so it has to be frozen early: its level is
 * lower than that of every node that cannot stand on it. Those are, first, all nodes that stand on
 * no node of unknown order; and second, as the best guess there is, all nodes that are older. Two
 * nodes of unknown order may share a carrier, the one thing through which both stand on what cannot
 * be seen. Such nodes do not stand on each other, as the carrier cannot stand on itself.
 */

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

typedef struct FrostGraph FrostGraph;

FrostGraph *frost_graph_new(unsigned nodes);
void frost_graph_free(FrostGraph *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(FrostGraph, frost_graph_free)

void frost_graph_set_counts(FrostGraph *self, unsigned node);
/**
 * frost_graph_set_order_unknown:
 * @carrier: a number that names the carrier; 0: not known. If it is called again for the same node
 *     with another carrier, the carrier is not known.
 */
void frost_graph_set_order_unknown(FrostGraph *self, unsigned node, uint64_t carrier);
/* Adds the edge "@upper stands on @lower", if it is not there yet. */
void frost_graph_add(FrostGraph *self, unsigned upper, unsigned lower);

/* Returns, of unsigned: the counting nodes that @node stands on, without those that are reached
 * only through another counting node. */
GArray *frost_graph_stands_on(const FrostGraph *self, unsigned node);

/**
 * frost_graph_levels:
 * @out_levels: one for each node; 0 for a node that does not count
 * @out_cycle: on failure, two nodes that stand on each other (or the same one twice); the first
 *     of them counts
 *
 * Level 0 is frozen first. A counting node has a lower level than every counting node that it
 * stands on, directly or through others. No level below the highest is empty.
 *
 * Returns: the number of levels, or -1 if counting nodes stand on each other. A cycle of nodes that
 * do not count is no error.
 */
int frost_graph_levels(const FrostGraph *self, unsigned *out_levels, unsigned out_cycle[2]);

/* Returns the nodes that count (of unsigned) in a line: each after all that are known to stand on
 * it, else the newest first. For the case that the levels prove wrong. No cycles. */
GArray *frost_graph_line_up(const FrostGraph *self);
