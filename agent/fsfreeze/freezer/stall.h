/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * stall.h - finds out that a freeze has come to a standstill
 *
 * A freeze stands still if, for a second, a filesystem is frozen, another one is inside FIFREEZE,
 * no call of FIFREEZE returns, and no disk of a filesystem inside FIFREEZE completes a request.
 * Then the one inside most likely waits for a frozen one, through something that the plan does not
 * know: the program that serves its disk writes to the frozen one. A disk that is only slow
 * completes requests.
 *
 * The stall looks ten times a second, first after a tenth of a second: most freezes are over by
 * then. It counts looks and does not measure time, so that a process that was stopped, or a guest
 * that slept, sees no stall.
 *
 * Frozen-safe: the disks' counts are opened before anything is frozen, and only read after that.
 */

#include <stdbool.h>
#include <stdint.h>

#include "kernel.h"
#include "ledger-data.h"

typedef struct {
    bool has_counts;
    int counts[FROST_LEDGER_FILESYSTEMS]; /* descriptors; negative: the disk has no count */
    int64_t look_us;                      /* when to look next, CLOCK_BOOTTIME; 0: never */
    unsigned still;                       /* looks in a row that have found no change */
    /* What the last look has found. */
    unsigned waiting;   /* filesystems that FIFREEZE is still to be called on */
    unsigned inside;    /* filesystems inside FIFREEZE */
    uint64_t completed; /* the sum of their disks' counts */
} FrostStall;

/* Opens the counts of the disks; only the first call does anything. */
void frost_stall_prepare(FrostStall *self, FrostKernel *kernel, const FrostLedgerData *ledger);
/* Bytes that the filesystems' disks have written since they are there. */
uint64_t frost_stall_written(const FrostStall *self, FrostKernel *kernel,
                             const FrostLedgerData *ledger);
void frost_stall_watch(FrostStall *self, FrostKernel *kernel);
void frost_stall_ignore(FrostStall *self);
/* Looks, if it is time to. Returns true if the freeze stands still. */
bool frost_stall_look(FrostStall *self, FrostKernel *kernel, const FrostLedgerData *ledger);
