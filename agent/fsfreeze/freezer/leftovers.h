/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * leftovers.h - filesystems that threads of dead freezers are still freezing or thawing
 *
 * A thread inside FIFREEZE (K5) or FITHAW outlives its killed process. It returns from the call
 * with the filesystem frozen, or thawed, and ends without a report. The ledger names the thread.
 * While the kernel has that thread, no other thread may thaw the filesystem: FITHAW before the
 * filesystem is frozen fails with EINVAL, and the filesystem would then stay frozen. Once the
 * thread has ended, the filesystem is taken for FROZEN and gets one FITHAW; EINVAL then means that
 * it was not frozen. The error of one whose thread was inside FITHAW is EOWNERDEAD until then, and
 * stays if FITHAW says EINVAL, or the filesystem cannot be opened: it is not known whether that
 * thread has thawed it, or another program before. This is the only place where frost-ga could thaw
 * what another program has frozen. It does not do so on a suspended device-mapper device, where
 * FITHAW would hang and undo device-mapper's own freeze (K11): that filesystem becomes FOREIGN.
 *
 * The kernel offers no event for the end of a thread of a dead process, so this is checked at
 * growing intervals, only while there are such threads.
 */

#include <stdbool.h>
#include <stdint.h>

#include "kernel.h"
#include "ledger-data.h"

typedef struct {
    bool is_left[FROST_LEDGER_FILESYSTEMS]; /* its thread may still be inside the call */
    unsigned count;                         /* how many are left */
    int64_t wait_us;                        /* between two checks */
    int64_t look_us;                        /* the next check, CLOCK_BOOTTIME */
} FrostLeftovers;

/* Notes every filesystem that is FREEZING, ABANDONED or THAWING, and checks them once. To be called
 * before a worker of this process takes a job. */
void frost_leftovers_init(FrostLeftovers *self, FrostKernel *kernel, FrostLedgerData *ledger);
/* Checks which of the threads have ended. True: a filesystem has become FROZEN, and can be thawed.
 */
bool frost_leftovers_look(FrostLeftovers *self, FrostKernel *kernel, FrostLedgerData *ledger);
