/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * refusals.h - what the kernel refuses to thaw, and how often it has done so in this thaw
 *
 * The first thread and the workers call this at the same time.
 */

#include <stdbool.h>
#include <stdint.h>

#include "ledger-data.h"

typedef struct {
    FrostLedgerData *ledger; /* borrowed */
    /* This process has a descriptor of it. One that the agent notes in the ledger later is none of
     * ours. */
    bool is_open[FROST_LEDGER_FILESYSTEMS];
    _Atomic uint32_t count[FROST_LEDGER_FILESYSTEMS]; /* how often it became STUCK in this thaw */
    _Atomic int64_t first_us; /* when the first one did, CLOCK_BOOTTIME; 0: none has */
} FrostRefusals;

void frost_refusals_init(FrostRefusals *self, FrostLedgerData *ledger);
/* A thaw begins: counts anew. What is STUCK, and open, becomes FROZEN: it has its turn again. */
void frost_refusals_begin(FrostRefusals *self);
/* To be called before @fs becomes STUCK. */
void frost_refusals_note(FrostRefusals *self, const FrostLedgerFs *fs, int64_t now_us);

/* Something is refused (frost_ledger_is_refused()) that this process can try again. */
bool frost_refusals_any(const FrostRefusals *self);
/* Something is STUCK that this process has no descriptor of. */
bool frost_refusals_any_out_of_reach(const FrostRefusals *self);
/* How often that which is STUCK was refused in this thaw; of several, what was refused least often.
 * 0: nothing is STUCK that this process can try again. */
uint32_t frost_refusals_of_the_newest(const FrostRefusals *self);
/* True if the last free worker must not thaw this filesystem, as it may have to wait, inside
 * FITHAW, for something that is refused and will be tried again. That is something of a higher
 * level, or of the same one, unless this filesystem is refused, too. Not longer than for three
 * tries of each, and for 10 seconds in all: others wait meanwhile that need not. */
bool frost_refusals_keep_from(const FrostRefusals *self, uint32_t index, int64_t now_us);
/* Writes into @out, which has room for all, what is STUCK and can be tried again, in the order in
 * which it is thawed. Returns how many. */
unsigned frost_refusals_list_stuck(const FrostRefusals *self, uint16_t *out);
