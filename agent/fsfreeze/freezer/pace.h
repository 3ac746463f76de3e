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
 *   GENTLE    -> RETURNING  the sync has ended
 *   RETURNING -> NORMAL     all are as before
 *   all       -> NORMAL     a thaw is asked for, or the sync hangs: the rest is not waited for
 *
 * At first a request is as long as suits a disk of 60 MB a second. After a tenth of a second it is
 * seen how fast the disks are: where they write more, requests become as much longer.
 *
 * A freeze waits until no worker is at a queue any more: one that a disk does not let go of could
 * thaw nothing. What is still owed when this process ends, the ledger says (disk-knobs.h).
 */

#include <stdbool.h>
#include <stdint.h>

#include "workers.h"

typedef enum {
    FROST_PACE_NORMAL,
    FROST_PACE_TURNING,
    FROST_PACE_GENTLE,
    FROST_PACE_RETURNING,
} FrostPaceState;

typedef struct {
    FrostWorkers *workers; /* with their queues */
    FrostPaceState state;
    uint32_t kib;     /* how long a request may be */
    int64_t look_us;  /* of GENTLE: when it is seen how fast the disks are; 0: it was */
    int64_t begun_us; /* of GENTLE */
    uint64_t found;   /* bytes that were to be written then */
    int64_t until_us; /* of TURNING and RETURNING: when it has taken too long, CLOCK_BOOTTIME; 0:
                         never */
} FrostPace;

/* A sync begins. Where little is to be written, it stays NORMAL. */
void frost_pace_begin(FrostPace *self);
/* It has ended. */
void frost_pace_end(FrostPace *self);
/* The same, but its end is not waited for. */
void frost_pace_break_off(FrostPace *self);
/* Looks how fast the disks are, if it is time to: once, at the look_us. */
void frost_pace_look(FrostPace *self);
/* Goes on. False while it is still waited for. */
bool frost_pace_advance(FrostPace *self);
/* It is TURNING or RETURNING. */
bool frost_pace_is_waited_for(const FrostPace *self);
