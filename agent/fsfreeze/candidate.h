/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * candidate.h - what becomes of each superblock, while a plan is being made
 *
 *   judged (by kind, options, filter) -> opened -> given a level -> sorted
 */

#include "plan.h"
#include "superblock.h"

typedef struct {
    FrostSuperblock *superblock; /* borrowed */
    FrostVerdict verdict;
    char *reason; /* (nullable) */
    unsigned level;
    unsigned position; /* among all, newest first */
    GPtrArray *below;  /* of FrostCandidate, borrowed: what it stands on, as far as can be seen */
    bool opaque;       /* it may stand on more than that */
} FrostCandidate;

/* One for each of @superblocks (newest first), judged. Fails where there are too many. */
GPtrArray *frost_candidates_new(const GPtrArray *superblocks, const FrostPlanFilter *filter,
                                GError **error);

/* Opens what is to be frozen or synced; what is hidden becomes UNREACHABLE. */
bool frost_candidates_open(const GPtrArray *candidates, const GPtrArray *mounts, GError **error);

/* @out_count: the number of levels. Fails where some stand on each other. */
bool frost_candidates_set_levels(FrostSys *sys, const GPtrArray *candidates,
                                 const GPtrArray *mounts, const GPtrArray *superblocks,
                                 unsigned *out_count, GError **error);

/* A GCompareFunc for g_ptr_array_sort(): FREEZE by level, SYNC, the rest; newest first in each. */
int frost_candidate_compare(gconstpointer a, gconstpointer b);
