/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * hook-leavings.h - finds the processes that a hook has left running
 *
 * Every program that a hook starts inherits FROST_GA_ID, the name of the freeze, in its
 * environment. So a client that runs in the background is found, even in another session.
 */

#include <glib.h>

#include "ledger-data.h"
#include "sys.h"

typedef struct FrostHookLeavings FrostHookLeavings;

/* @sys: borrowed. */
FrostHookLeavings *frost_hook_leavings_new(FrostSys *sys, const FrostLedgerData *ledger);
void frost_hook_leavings_free(FrostHookLeavings *self);
/* "mysql (pid 12), cat (pid 13)": the processes that were not returned before; NULL: none. g_free()
 * it.
 */
char *frost_hook_leavings_take(FrostHookLeavings *self);
