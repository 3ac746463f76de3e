/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * disk-queues.h - the queues of the disks below the filesystems, as this freezer turns them
 *
 * The first thread says what is wanted; a worker follows, as that may take as long as the disk
 * does. A worker that is at it also follows what is wanted meanwhile, so that no two are at work on
 * one disk.
 */

#include <stdbool.h>
#include <stdint.h>

#include "kernel.h"
#include "ledger-data.h"

/* How long one request may be, in KiB; beside this, each queue takes four requests only. */
#define FROST_QUEUE_NORMAL 0u /* the old values */

typedef struct {
    FrostKernel *kernel; /* borrowed, like the ledger */
    FrostLedgerData *ledger;
    uint32_t owner;
    unsigned count; /* of disks that have knobs; 0: nothing is turned */
    bool is_open[FROST_LEDGER_DISKS];
    int fds[FROST_LEDGER_DISKS][FROST_KNOBS];
    _Atomic uint32_t wanted; /* KiB, or FROST_QUEUE_NORMAL */
    _Atomic uint32_t has[FROST_LEDGER_DISKS];
    _Atomic bool busy[FROST_LEDGER_DISKS]; /* a worker is at it */
} FrostDiskQueues;

/**
 * frost_disk_queues_open: for queues that are to be turned
 * @owner: the freezer's number
 *
 * Only before the seal, and before the threads are started: they share the descriptors. What cannot
 * be turned is noted in the ledger (degraded.h).
 */
void frost_disk_queues_open(FrostDiskQueues *out, FrostKernel *kernel, FrostLedgerData *ledger,
                            uint32_t owner);
/* For a worker. @i: of the disk in the ledger. */
void frost_disk_queues_follow(FrostDiskQueues *self, unsigned i);
/* Every disk is as it is wanted. */
bool frost_disk_queues_have_followed(const FrostDiskQueues *self);
