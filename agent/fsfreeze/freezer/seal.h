/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * seal.h - what a freezer gives up once it has all that it needs
 *
 * It keeps CAP_SYS_ADMIN, which FIFREEZE asks for, its descriptors, and the few system calls that
 * freeze, thaw, sync and wait (call-filter.h). It can open no file, start no program, and freeze
 * nothing that the agent did not hand over. Nothing of this can be undone, so what comes later and
 * needs more is another process, the heir (heir.h).
 *
 *   OPEN -- each thread has given up its rights and files; then one filter for all --> SEALED
 *
 * What would give rights back is given up once, before there are threads, which inherit that. The
 * rights themselves are each thread's own matter: the first thread needs them until the others are
 * made (locked memory for their stacks), and a freezer over the ledger of a dead one as long as it
 * looks into /proc, which may hide other processes (hidepid).
 *
 * What a kernel or a container does not allow is noted in the ledger (degraded.h); the freezer
 * works without it. A freezer over the ledger of a dead one is SEALED when none of the dead one's
 * threads is left: until then it looks for these in /proc (leftovers.h).
 */

#include <stdbool.h>

#include "kernel.h"
#include "ledger-data.h"

typedef struct {
    FrostKernel *kernel; /* borrowed, like the ledger */
    FrostLedgerData *ledger;
    bool is_wanted; /* false: all below does nothing */
    bool is_closed; /* SEALED */
    int rules;      /* of Landlock; negative: none */
} FrostSeal;

/* Before the threads are started, and after the heir is. @is_wanted: see sandbox= in config.h. */
void frost_seal_open(FrostSeal *out, FrostKernel *kernel, FrostLedgerData *ledger, bool is_wanted);
/* Notes that all of it is missing. @r: why, a negative errno. */
void frost_seal_note_all(const FrostSeal *self, int r);
/* Each thread but the first, when it needs neither files nor rights any more. */
void frost_seal_thread(const FrostSeal *self);
/* The first thread, after all others; once. Frozen-safe. */
void frost_seal_close(FrostSeal *self);
