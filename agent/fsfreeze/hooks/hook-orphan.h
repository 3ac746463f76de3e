/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * hook-orphan.h - the process of a hook that an earlier agent has started, and that still runs
 *
 * It is not a child of this process. The ledger has its pid and start time.
 */

#include "hook-call.h"

typedef struct FrostHookOrphan FrostHookOrphan;

/* Kills the process group of an ordinary hook, so that its thaw call does not run at the same time.
 * @done is called once, from the main loop: when it has ended, or after a second. */
FrostHookOrphan *frost_hook_orphan_kill(const FrostHookPlace *place, FrostLedgerHook *hook,
                                        FrostReplyDone done, void *user);
/* Waits for the end of a hold hook, whose standard input has ended with its agent. The usual time
 * limit applies. @done is called once, from the main loop; the hook is then IDLE. */
FrostHookOrphan *frost_hook_orphan_await(const FrostHookPlace *place, FrostLedgerHook *hook,
                                         FrostReplyDone done, void *user);
void frost_hook_orphan_free(FrostHookOrphan *self);
