/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * fs-walk.h - measures or trims one filesystem after the other
 *
 * The calls may hang in the kernel, so a walker is a thread of its own (blocking-jobs.h). If it
 * hangs, another walker goes on with the next filesystem. The walk is what the walkers share: the
 * list of filesystems, and the next one to visit.
 */

#include "filesystems.h"

/* Has an atomic reference count. */
typedef struct FrostFsWalk FrostFsWalk;

/* Takes ownership of @list, of FrostMounted. */
FrostFsWalk *frost_fs_walk_new(GPtrArray *list);
FrostFsWalk *frost_fs_walk_ref(FrostFsWalk *self);
void frost_fs_walk_unref(FrostFsWalk *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(FrostFsWalk, frost_fs_walk_unref)

unsigned frost_fs_walk_length(const FrostFsWalk *self);
/* Borrowed. */
const FrostMounted *frost_fs_walk_at(const FrostFsWalk *self, unsigned index);
/* True if a walker has visited the filesystem; false while one hangs there. */
bool frost_mounted_is_done(const FrostMounted *mounted);

/* Makes the calling thread a walker, which visits all filesystems that no walker has begun. */
void frost_fs_walk_measure(FrostFsWalk *self);
/* The same, but trims. @minimum: free ranges of fewer bytes are not trimmed. */
void frost_fs_walk_trim(FrostFsWalk *self, uint64_t minimum);
/* From now on, no walker begins another filesystem. Calls that are under way are not ended. */
void frost_fs_walk_stop(FrostFsWalk *self);
