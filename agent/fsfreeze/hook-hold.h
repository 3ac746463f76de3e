/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * hook-hold.h - a hook that is one process from the freeze to the thaw
 *
 *   STARTING -- says READY --> HOLDING -- its input ends --> ENDING -- ends --> done
 *       \-- ends, too late        \-- ends: DIED in the ledger
 *
 * For what lives as long as a session: the end of its input also comes with our own death.
 */

#include "hook-side.h"

/* The line by which it says that it holds. */
#define FROST_HOOK_READY "READY"

typedef struct FrostHookHold FrostHookHold;

/* Starts it. @done comes once, from the main loop: it holds, or has failed. */
FrostHookHold *frost_hook_hold_new(const FrostHookPlace *place, FrostLedgerHook *hook,
                                   FrostHookDone done, void *user);
/* Not only after it has said that it holds. @done comes once, from the main loop, when it has
 * ended; with an error also where it had ended before. */
void frost_hook_hold_let_go(FrostHookHold *self, FrostHookDone done, void *user);
/* One that has ended a moment ago is in the ledger as dead, too. */
void frost_hook_hold_check(FrostHookHold *self);
/* While it starts: ends it; done follows, with an error. */
void frost_hook_hold_cancel(FrostHookHold *self);
/* Kills it, if need be. */
void frost_hook_hold_free(FrostHookHold *self);
