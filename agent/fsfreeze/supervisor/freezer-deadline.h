/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * freezer-deadline.h - by when a freezer must have ended what it is at
 */

#include "ledger-data.h"

/* The earlier of @own_us and the end of the window, which counts from @now_us if no FIFREEZE has
 * been called yet. CLOCK_BOOTTIME; 0: none. */
int64_t frost_freezer_deadline(const FrostLedgerData *data, int64_t now_us, int64_t own_us);
