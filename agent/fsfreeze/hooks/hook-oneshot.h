/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * hook-oneshot.h - a call of an ordinary hook, whose program is run once to freeze and once to thaw
 */

#include "hook-call.h"

typedef struct FrostHookOneshot FrostHookOneshot;

/* Runs the program. @done is called once, from the main loop. A thaw that cannot be started is
 * tried again a few times. A thaw that is ended by SIGTERM is run once more, and then ignores
 * SIGTERM. */
FrostHookOneshot *frost_hook_oneshot_new(const FrostHookPlace *place, FrostLedgerHook *hook,
                                         FrostHookPhase phase, FrostReplyDone done, void *user);
/* Ends its process; done is called with an error. */
void frost_hook_oneshot_cancel(FrostHookOneshot *self);
void frost_hook_oneshot_free(FrostHookOneshot *self);
