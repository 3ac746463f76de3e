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
    _Atomic bool any_ever;    /* something was refused once; false: nothing is */
    _Atomic int64_t first_us; /* when the first one did, CLOCK_BOOTTIME; 0: none has */
} FrostRefusals;

void frost_refusals_init(FrostRefusals *self, FrostLedgerData *ledger);
/* A thaw begins: counts anew. What is STUCK, and open, becomes FROZEN: it has its turn again. */
void frost_refusals_begin(FrostRefusals *self);
/* To be called before @fs becomes STUCK. Counts only what this process can try again. */
void frost_refusals_note(FrostRefusals *self, const FrostLedgerFs *fs, int64_t now_us);

/* Something is refused (frost_ledger_is_refused()) that this process can try again. */
bool frost_refusals_any(const FrostRefusals *self);
/* Something is STUCK that this process has no descriptor of. */
bool frost_refusals_any_out_of_reach(const FrostRefusals *self);
/* How often that which is STUCK was refused in this thaw; of several, what was refused least often.
 * 0: nothing is STUCK that this process can try again. */
uint32_t frost_refusals_least(const FrostRefusals *self);
/* The highest level of what is refused and keeps the last free worker, as it will be tried again;
 * -1: nothing does. Others wait meanwhile that need not: so it does not after three tries of it,
 * nor 10 seconds after the first refusal of the thaw. */
int frost_refusals_kept_level(const FrostRefusals *self, int64_t now_us);
/* True if this filesystem may have to wait, inside FITHAW, for what is refused in @level: it is of
 * a lower level, or of the same one, and not refused, too. */
bool frost_refusals_are_waited_for(const FrostRefusals *self, uint32_t index, int level);
/* Writes into @out, which has room for all, what is STUCK and can be tried again, in the order in
 * which it is thawed. Returns how many. */
unsigned frost_refusals_list_stuck(const FrostRefusals *self, uint16_t *out);
