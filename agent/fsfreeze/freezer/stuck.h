/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * stuck.h - when a thaw tries again what the kernel refuses to thaw
 *
 * FITHAW has failed twice on such a filesystem (STUCK). Others may wait for it inside FITHAW. So a
 * thaw that still waits for something tries it again a second after it has found that out, and then
 * after twice as long each time, whatever level the thaw is at. If several are STUCK, all are tried
 * when the first one is due. A thaw that begins gives what is STUCK then its turn again, in its
 * level, and counts anew.
 *
 * A thaw that waits for nothing else leaves it to a later freezer, which reads of it in the ledger.
 * A ledger in memory ends with its last process: then the thaw itself stays with it, for a time or
 * for as long as it takes (patience_us).
 */

#include <stdbool.h>
#include <stdint.h>

#include "workers.h"

/* For patience_us: 15 seconds in all, and for ever. */
#define FROST_STUCK_A_WHILE_US (8000ll * 1000)
#define FROST_STUCK_FOR_EVER_US INT64_MAX

typedef struct {
    FrostWorkers *workers;
    int64_t due_us;      /* when it is tried again, CLOCK_BOOTTIME; 0: that is not planned */
    int64_t patience_us; /* a thaw does not end while the wait for the next try is no longer than
                            this; 0: it does not wait for what is stuck */
} FrostStuck;

/* @workers: with their ledger. */
void frost_stuck_init(FrostStuck *self, FrostWorkers *workers);
/* A thaw begins: what is stuck will have its turn. No job may wait. */
void frost_stuck_begin(FrostStuck *self);
/* The thaw goes on: what is stuck will be tried again, at the time that was planned or earlier. */
void frost_stuck_plan(FrostStuck *self);
/* Tries it again, if it is time to. */
void frost_stuck_look(FrostStuck *self);
/* The thaw has ended. */
void frost_stuck_end(FrostStuck *self);
/* Something is stuck that this process can try again, and the thaw must not end before. */
bool frost_stuck_is_waited_for(const FrostStuck *self);
