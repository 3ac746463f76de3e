/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * sequencer.h - decides, on the freezer's first thread, which filesystem is next
 *
 * The workers write states into the ledger and ring the bell; the sequencer reads the states and
 * posts the next jobs. It never blocks. A freeze works through the levels upwards, a thaw
 * downwards; the filesystems of one level are frozen, or thawed, at the same time (K13).
 *
 *   REST     -> SYNC       a sync is asked for
 *            -> FREEZE     a freeze is asked for
 *            -> THAW       a thaw is asked for, or a dead freezer's thread has let go
 *   SYNC     -> REST       all is synced, or one has failed or hangs
 *            -> THAW       a thaw is asked for
 *   FREEZE   -> REST       all is held
 *            -> BACK_OFF   it stands still
 *            -> THAW       one has failed, the limit has passed, or a thaw is asked for
 *   BACK_OFF -> FREEZE     all is thawed
 *            -> THAW       as from FREEZE; or one cannot be thawed
 *   THAW     -> REST       all is thawed, or what is left cannot be
 *
 * A freeze that stands still (stall.h) has a wrong order. The sequencer backs off, once for each
 * freeze: it thaws everything, waits for the call of FIFREEZE that had not returned, and then
 * freezes all filesystems again, one at a time, by their turns (plan.h). From BACK_OFF on a turn is
 * a level of its own, also for a rescuer: the ledger says so. The limits go on, and the hooks are
 * not called.
 *
 * A thaw waits a second for a level, and then goes on to the next one: no filesystem stays frozen
 * because the order is wrong. While it waits, it tries again from time to time what the kernel
 * refuses to thaw (stuck.h).
 */

#include <stdbool.h>
#include <stdint.h>

#include "leftovers.h"
#include "pace.h"
#include "stall.h"
#include "stuck.h"
#include "sync-rounds.h"
#include "workers.h"

typedef enum {
    FROST_PHASE_REST,
    FROST_PHASE_SYNC,
    FROST_PHASE_FREEZE,
    FROST_PHASE_BACK_OFF,
    FROST_PHASE_THAW,
} FrostPhase;

typedef enum {
    FROST_SEQUENCER_PENDING,
    FROST_SEQUENCER_SYNCED,
    FROST_SEQUENCER_FROZEN,
    FROST_SEQUENCER_THAWED,
    FROST_SEQUENCER_FAILED, /* sync or freeze; nothing is held any more */
} FrostSequencerEvent;

typedef struct {
    FrostWorkers *workers;
    FrostPhase phase;
    unsigned level;      /* or turn, at work; thawing counts down */
    int64_t patience_us; /* when a thaw waits no longer for its level; 0: there is none */
    FrostSyncRounds sync;
    FrostPace pace;                   /* around it */
    FrostSequencerEvent sync_outcome; /* told once the queues are as before */
    int32_t culprit;                  /* index of the filesystem that failed, -1: none */
    int32_t error;                    /* its errno, positive */
    FrostStuck stuck;
    FrostLeftovers leftovers;
    FrostStall stall;
} FrostSequencer;

/* @workers: with their ledger. */
void frost_sequencer_init(FrostSequencer *self, FrostWorkers *workers);
/* In several rounds while that pays, like the pre-copy rounds of a live migration. All filesystems
 * at once, but ext4 one by one in the first sync. The queues of the disks are short meanwhile. */
void frost_sequencer_sync(FrostSequencer *self);
/* RCU grace periods are expedited until it ends. */
void frost_sequencer_freeze(FrostSequencer *self);
/* A filesystem inside FIFREEZE becomes ABANDONED: its worker thaws it when that call returns. */
void frost_sequencer_thaw(FrostSequencer *self);

/* When to look for what rings no bell: a thread of a dead freezer that is still inside a call, a
 * freeze that stands still, a level that is not thawed. CLOCK_BOOTTIME; 0: never. */
int64_t frost_sequencer_look_us(const FrostSequencer *self);
/* Looks. What such a thread has let go of is thawed, as it belongs to a freeze that has failed;
 * true: that thaw has begun. */
bool frost_sequencer_look(FrostSequencer *self);

/* Reads the states and goes on. Each event but PENDING is returned once; then the phase is REST. */
FrostSequencerEvent frost_sequencer_advance(FrostSequencer *self);

/* Something is still inside FIFREEZE, to be thawed when it returns; a dead freezer's thread counts
 * as one of ours. */
bool frost_sequencer_has_abandoned(const FrostSequencer *self);
/* Something is inside FITHAW. To be asked after has_abandoned: states change in that order. */
bool frost_sequencer_is_thawing(const FrostSequencer *self);
/* A thaw only waits for calls of FITHAW, or for calls of dead freezers, and something else is
 * frozen that this process has no descriptor of. That may be what those calls wait for; a later
 * freezer may have one. */
bool frost_sequencer_waits_for_later(const FrostSequencer *self);
/* Everything planned is held, and waits for its thaw. */
bool frost_sequencer_holds(const FrostSequencer *self);

/* The deadline of the present phase, CLOCK_BOOTTIME; 0: none. In a sync, the deadline of the
 * filesystems that are being synced: each has the whole limit in each round, and one whose turn
 * comes later has it from its turn on. */
int64_t frost_sequencer_deadline(const FrostSequencer *self);
/* The deadline has passed: a sync or a freeze fails, what is held is thawed. */
FrostSequencerEvent frost_sequencer_expire(FrostSequencer *self);
