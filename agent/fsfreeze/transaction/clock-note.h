/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * clock-note.h - how good the guest's clock is when a freeze begins, for who compares guests by it
 */

#include "ledger-data.h"
#include "sys.h"

/* Notes the kernel's clocksource and whether it was told that the clock is right. */
void frost_clock_note(FrostSys *sys, FrostLedgerData *data);
