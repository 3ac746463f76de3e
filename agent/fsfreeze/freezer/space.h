/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * space.h - how much space programs take on the filesystems while these are synced
 *
 * Most filesystems set space aside as soon as a program writes, long before the data is on a disk.
 * So what their free space loses is new data of their own, whatever is written to other disks
 * meanwhile. Writing over old data takes no space, and what a program deletes is not counted.
 * btrfs sets nothing aside that shows: where it is among the filesystems, nothing is known.
 *
 * To ask for free space may take as long as the disk, where a quota has to be read. So a worker
 * asks, and the first thread reads what the last answer was.
 */

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "kernel.h"
#include "ledger-data.h"

typedef struct {
    bool is_known;
    unsigned asked;                          /* by the first thread */
    _Atomic unsigned answered;               /* by a worker */
    _Atomic uint64_t taken;                  /* bytes, since begin() */
    uint64_t free[FROST_LEDGER_FILESYSTEMS]; /* at the last answer; 0: not known */
} FrostSpace;

/* Counts from now on. No worker may be at it. */
void frost_space_begin(FrostSpace *self, const FrostLedgerData *ledger);
/* True if a worker is to be sent: none is on its way. */
bool frost_space_ask(FrostSpace *self);
/* For that worker. */
void frost_space_answer(FrostSpace *self, FrostKernel *kernel, const FrostLedgerData *ledger);
/* No worker is at it. */
bool frost_space_is_answered(const FrostSpace *self);
