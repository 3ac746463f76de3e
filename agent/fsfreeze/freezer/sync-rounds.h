/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * sync-rounds.h - the syncs of a freeze: each filesystem once a round, and rounds while they pay
 *
 * Like the pre-copy rounds of a live migration. A round follows while what was written meanwhile
 * takes longer than a program may stand still (stall-target), and only if all rounds together then
 * take little longer than the first alone; the rest is FIFREEZE's. In a round all filesystems are
 * synced at once; in the first sync of a freeze ext4 is synced one filesystem at a time, beside the
 * others.
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
    int64_t first_us; /* how long its first round took */
    int64_t done_us;  /* when the last sync ended */
    bool is_left;     /* it has left more than fits into the stall-target */
} FrostSyncRounds;

void frost_sync_rounds_begin(FrostSyncRounds *self);
/* True right after a sync that has left much, as another one would: nothing came in between, so the
 * sync after the hooks is not worth its time either. */
bool frost_sync_rounds_may_skip(const FrostSyncRounds *self);
/* Goes on. @out_culprit: on FROST_SYNC_FAILED, the filesystem whose sync failed (its error). */
FrostSyncState frost_sync_rounds_advance(FrostSyncRounds *self, int32_t *out_culprit);
/* The deadline, CLOCK_BOOTTIME; 0: none. Each filesystem has the whole limit in each round; one
 * whose turn comes later has it from then on. */
int64_t frost_sync_rounds_deadline(const FrostSyncRounds *self);
/* Returns the filesystem whose sync takes longest; -1: none. */
int32_t frost_sync_rounds_find_slow(const FrostSyncRounds *self);
