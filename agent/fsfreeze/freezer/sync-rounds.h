/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * sync-rounds.h - the syncs of a freeze: each filesystem once a round, and rounds while they pay
 *
 * Like the pre-copy rounds of a live migration. In a round all filesystems are synced at once; in
 * the first sync of a freeze ext4 is synced one filesystem at a time, beside the others.
 */

#include <stdbool.h>
#include <stdint.h>

#include "workers.h"

typedef enum {
    FROST_SYNC_RUNS,
    FROST_SYNC_DONE,
    FROST_SYNC_FAILED,
} FrostSyncState;

typedef struct {
    FrostWorkers *workers; /* with their ledger */
    uint32_t rounds;       /* rounds since the freezer was started */
    unsigned round;        /* the round of this sync, from 1 */
    bool gently;           /* this sync takes ext4 one by one */
    int64_t begun_us;
    int64_t round_begun_us;
} FrostSyncRounds;

void frost_sync_rounds_begin(FrostSyncRounds *self);
/* Goes on. @out_culprit: on FROST_SYNC_FAILED, the filesystem whose sync failed (its error). */
FrostSyncState frost_sync_rounds_advance(FrostSyncRounds *self, int32_t *out_culprit);
/* The deadline, CLOCK_BOOTTIME; 0: none. Each filesystem has the whole limit in each round; one
 * whose turn comes later has it from then on. */
int64_t frost_sync_rounds_deadline(const FrostSyncRounds *self);
/* Returns the filesystem whose sync takes longest; -1: none. */
int32_t frost_sync_rounds_find_slow(const FrostSyncRounds *self);
