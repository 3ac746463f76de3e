/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * hook-hold.h - a hold hook: one process that runs from the freeze to the thaw
 *
 *   STARTING -- prints READY --> HOLDING -- is let go --> ENDING -- ends --> ENDED
 *       \-- is let go ____________ | _____________________/^               /^
 *       \-- ends, is killed _______ \-- ends: DIED in the ledger __________/
 *
 * For a lock that lives as long as a database session. The hook is let go by the end of its
 * standard input, which also comes if the agent dies.
 */

#include "hook-call.h"

/* The line that a hold hook prints once it is ready. */
#define FROST_HOOK_READY "READY"

typedef struct FrostHookHold FrostHookHold;

/* Starts it. @done is called once, from the main loop: it is ready, or has failed. */
FrostHookHold *frost_hook_hold_new(const FrostHookPlace *place, FrostLedgerHook *hook,
                                   FrostReplyDone done, void *user);
/* Closes its standard input, also while it is STARTING. @done is called once, from the main loop,
 * when it has ended; with an error if it had failed, or had ended before. */
void frost_hook_hold_let_go(FrostHookHold *self, FrostReplyDone done, void *user);
/* Writes DIED into the ledger if it has ended, even if the main loop does not know yet. */
void frost_hook_hold_check(FrostHookHold *self);
/* While it is STARTING: ends its process; done is called with an error. */
void frost_hook_hold_cancel(FrostHookHold *self);
/* Kills it if it still runs. */
void frost_hook_hold_free(FrostHookHold *self);
