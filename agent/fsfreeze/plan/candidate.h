/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * candidate.h - the superblocks of a plan that is being made, and what is decided about each
 *
 *   decided (by kind, options, filter) -> opened -> given a level -> sorted
 *
 * Filesystems on zram and ram disks are left out when levels are given: their devices are not known
 * before.
 */

#include "decision.h"
#include "filter.h"
#include "superblock.h"

typedef struct {
    FrostSuperblock *superblock; /* borrowed */
    FrostDecision decision;
    char *reason; /* (nullable) */
    unsigned level;
    unsigned turn;     /* of FREEZE: its place if they are frozen one at a time */
    unsigned position; /* in the list of all superblocks, newest first */
    GPtrArray *below;  /* of FrostCandidate, borrowed: what it is known to stand on */
} FrostCandidate;

/* Returns one candidate, decided, for each of @superblocks (newest first). Fails with
 * FROST_PLAN_ERROR_TOO_MANY. */
GPtrArray *frost_candidates_new(const GPtrArray *superblocks, const FrostPlanFilter *filter,
                                GError **error);

/* Opens those that are to be frozen or synced; one that no mount point leads to becomes
 * UNREACHABLE. Fails with FROST_PLAN_ERROR_OPEN. */
bool frost_candidates_open(const GPtrArray *candidates, GError **error);

/* Sets level and below. @out_count: the number of levels. Fails with FROST_PLAN_ERROR_CYCLE. */
bool frost_candidates_set_levels(FrostSys *sys, const GPtrArray *candidates,
                                 const GPtrArray *mounts, const GPtrArray *superblocks,
                                 unsigned *out_count, GError **error);

/* A GCompareFunc for g_ptr_array_sort(): FREEZE by level, then SYNC, then the rest; within each the
 * newest first. */
int frost_candidate_compare(gconstpointer a, gconstpointer b);
