/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * hook-orphan.h - a hook's process that an earlier agent has started: no child of ours
 */

#include "hook-side.h"

/* Its number is that of the process in the ledger, not of one that has it since. */
bool frost_hook_orphan_is_alive(const FrostLedgerHook *hook);
/* A side that was still running: its thaw must not run beside it. Kills its group, and waits a
 * second at most. */
void frost_hook_orphan_kill(FrostLedgerHook *hook);

typedef struct FrostHookOrphan FrostHookOrphan;

/* A holder, whose input has ended with its agent: waits until it has ended, with the time limits
 * that it would have had. @done comes once, from the main loop; nothing is owed then. */
FrostHookOrphan *frost_hook_orphan_await(const FrostHookPlace *place, FrostLedgerHook *hook,
                                         FrostHookDone done, void *user);
void frost_hook_orphan_free(FrostHookOrphan *self);
