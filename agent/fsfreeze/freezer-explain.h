/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * freezer-explain.h - what the freezer says went wrong, in words for the host; pure
 */

#include "freezer-wire.h"
#include "freezer.h"

/* NULL where nothing went wrong. @syncing: it answers a sync, not a freeze. */
GError *frost_freezer_explain(const FrostLedger *ledger, const FrostWire *wire, bool syncing);
