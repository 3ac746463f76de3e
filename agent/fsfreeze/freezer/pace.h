/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * pace.h - when the queues of the disks are kept short: while a sync runs
 *
 * A program that calls fsync waits behind what a sync has put into the queue of the disk. While a
 * sync runs, that queue is kept short; before FIFREEZE is called it is as before.
 *
 *   NORMAL    -> TURNING    a sync begins, and there are queues to turn
 *   TURNING   -> GENTLE     all are turned, or it has taken too long: the sync runs
 *   GENTLE    -> OUTRUN     programs write fast: requests get as long as before
 *             -> RETURNING  the sync has ended
 *   OUTRUN    -> RETURNING  the sync has ended
 *   RETURNING -> NORMAL     all are as before
 *   all       -> NORMAL     a thaw is asked for, or the sync hangs: the rest is not waited for
 *
 * At first a request is as long as suits a disk of 60 MB a second. Twenty times a second it is seen
 * how much the disks have written. Longer requests are tried as long as the disks write much more
 * with them: so a fast disk is not made slow.
 *
 * A sync also writes much of what programs write meanwhile to the same filesystems (space.h). If
 * that is more than a quarter of what the disks write, each percent by which short requests slow
 * them costs several. Then requests may be as long as before, but a queue still takes few.
 *
 * The kernel tells only what is dirty on the whole machine. The first sync whose queues were short
 * shows how much of that was other disks'; the sync after the hooks leaves queues alone for it.
 * What the other disks write during the hooks hides as much of what the hooks write.
 *
 * What was expected, and what came of it, is in the ledger.
 *
 * A freeze waits until no worker is at a queue any more, or at the free space: one that a disk does
 * not let go of could thaw nothing. What is still owed when this process ends, the ledger says
 * (disk-knobs.h).
 */

#include <stdbool.h>
#include <stdint.h>

#include "stall.h"
#include "workers.h"

typedef enum {
    FROST_PACE_NORMAL,
    FROST_PACE_TURNING,
    FROST_PACE_GENTLE,
    FROST_PACE_OUTRUN,
    FROST_PACE_RETURNING,
} FrostPaceState;

typedef struct {
    FrostWorkers *workers;   /* with their queues */
    const FrostStall *disks; /* which know how much they have written */
    FrostPaceState state;
    uint64_t found;        /* bytes that were to be written at the beginning; 0: not known */
    uint64_t elsewhere;    /* bytes of the dirty memory that an earlier sync has shown to be other
                              disks' */
    uint64_t written_then; /* what the disks had written at the beginning */
    int64_t until_us;      /* of TURNING and RETURNING: when it has taken too long, CLOCK_BOOTTIME;
                              0: never */
    int64_t begun_us;      /* of GENTLE and OUTRUN */
    int64_t look_us;       /* of GENTLE: when it is looked again; else 0 */
    int64_t looked_us;     /* the last look, */
    uint64_t written;      /* and what the disks had written by then */
    uint32_t kib;          /* how long a request may be */
    bool is_turning;       /* not all disks have got it yet */
    bool is_settled;       /* no other length is tried any more */
    uint32_t best_kib;     /* the length that is best so far; 0: none is known */
    uint64_t best_rate;    /* bytes a second that the disks have written with it */
} FrostPace;

/* A sync begins. Where little is to be written, it stays NORMAL. */
void frost_pace_begin(FrostPace *self);
/* It has ended. @is_written: without an error. */
void frost_pace_end(FrostPace *self, bool is_written);
/* The same, but its end is not waited for. */
void frost_pace_break_off(FrostPace *self);
/* Looks at the disks, if it is time to. */
void frost_pace_look(FrostPace *self);
/* Goes on. False while it is still waited for. */
bool frost_pace_advance(FrostPace *self);
/* It is TURNING or RETURNING. */
bool frost_pace_is_waited_for(const FrostPace *self);
