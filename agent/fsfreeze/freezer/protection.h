/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * protection.h - what could end or delay a freezer, and is kept from it: signals, the OOM killer,
 * and pages that would have to be read from a disk
 */

#include "ledger-data.h"

/* Blocks all signals. Returns a descriptor from which SIGTERM is read (signalfd), or -1 with errno
 * set. */
int frost_protection_block_signals(void);
/* Each measure may fail; the ledger then says so (degraded.h). */
void frost_protection_begin(FrostLedgerData *ledger);
