/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * stack.h - which filesystem stands on which (K13)
 *
 * A stands on B where a loop device below A has its backing file on B: what A writes out is then
 * written by B. Whose file it is tells its st_dev; where that says nothing (btrfs gives it to the
 * subvolume, overlay makes one up) the path in sysfs does, if the file there has the device and
 * inode number that the loop driver knows. A file that belongs to nobody who can be seen makes the
 * filesystem opaque: it is put above all that may carry it.
 */

#include <glib.h>

#include "levels.h"
#include "superblock.h"

/**
 * frost_stack_graph:
 * @all: every superblock of the mount table
 * @nodes: those of them that are on something: node i of the graph is @nodes[i]
 */
FrostGraph *frost_stack_graph(FrostSys *sys, const GPtrArray *mounts, const GPtrArray *all,
                              GPtrArray *nodes);
