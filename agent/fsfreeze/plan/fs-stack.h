/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * fs-stack.h - which filesystem stands on which (K13)
 *
 * The upper filesystem stands on the lower one if a loop device below the upper one has its backing
 * file on the lower one: each write to the upper filesystem then becomes a write to that file. The
 * st_dev of the backing file shows which filesystem has it. On btrfs (one st_dev for each
 * subvolume) and overlay (an invented one) it does not; there the path in sysfs is looked up, and
 * taken if the file has the device and inode number that the loop driver recorded.
 *
 * The order of a filesystem is unknown (freeze-order.h) if neither way finds the lower filesystem,
 * if not all of its devices are known, or if one of its disks may be served by this machine.
 */

#include <glib.h>

#include "freeze-order.h"
#include "superblock.h"

/**
 * frost_stack_graph:
 * @all: every superblock of the mount table
 * @nodes: those of @all that are on a device; node i of the graph is @nodes[i]. Sets their
 * `unseen`, `in_memory` and `disks`
 */
FrostGraph *frost_stack_graph(FrostSys *sys, const GPtrArray *mounts, const GPtrArray *all,
                              GPtrArray *nodes);
