/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * degraded.h - what a freeze does without, because it could not be had: never in silence
 *
 * None of it fails a freeze. The ledger has the reason of each, an errno; it is logged once, and
 * told by the history.
 */

#include <glib.h>

#include "ledger-data.h"
#include "sys.h"

/* "grace periods are not expedited: ...", or NULL where nothing lacks. */
char *frost_degraded_describe(const FrostLedgerData *ledger);

/* The same for one of them. */
char *frost_degraded_describe_one(const FrostLedgerData *ledger, FrostDegraded lack);

/* Logs what is not in *@told yet (a bit for each FrostDegraded), and enters it there. */
void frost_degraded_log(const FrostLedgerData *ledger, uint32_t *told);

/* Whether this process has the capability that FIFREEZE asks for; true where that cannot be seen.
 * It may still be the wrong one: what counts is the user namespace that mounted the filesystem. */
bool frost_may_freeze(FrostSys *sys);
