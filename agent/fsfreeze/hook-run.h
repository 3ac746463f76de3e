/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * hook-run.h - one call of a hook that is called once for the freeze and once for the thaw
 */

#include "hook-side.h"

typedef struct FrostHookRun FrostHookRun;

/* Starts it. @done comes once, from the main loop. A thaw that cannot be started at this moment is
 * tried again a few times; one that somebody ends by SIGTERM, once, and then deaf to it. */
FrostHookRun *frost_hook_run_new(const FrostHookPlace *place, FrostLedgerHook *hook, bool thawing,
                                 FrostHookDone done, void *user);
/* Ends it; done follows, with an error. */
void frost_hook_run_cancel(FrostHookRun *self);
void frost_hook_run_free(FrostHookRun *self);
