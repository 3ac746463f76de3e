/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * expedite.h - fast RCU grace periods for the freeze phase, and never longer
 *
 * FIFREEZE of a clean filesystem is little else than waiting for three grace periods. The switch
 * is the whole machine's: the ledger says when it is on because of us, so that whoever comes after
 * a death puts it back. That a freeze works without it is said in the log, not an error.
 */

#include "ledger.h"
#include "sys.h"

/* For the agent, before there is a freezer: a descriptor, or -1 with the reason in the ledger, if
 * it is one (lacks.h). */
int frost_expedite_open(FrostSys *sys, FrostLedgerData *ledger);

/* For the freezer; frozen-safe. */
void frost_expedite_begin(FrostSys *sys, FrostLedgerData *ledger);
void frost_expedite_end(FrostSys *sys, FrostLedgerData *ledger);

/* For whoever finds the ledger after a death. */
void frost_expedite_recover(FrostSys *sys, FrostLedgerData *ledger);
