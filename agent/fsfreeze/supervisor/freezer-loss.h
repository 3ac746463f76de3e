/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * freezer-loss.h - what the ledger says of a freezer that was lost while it held filesystems
 */

#include "ledger-data.h"

/* What held until now ends without the host's word. */
void frost_freezer_loss_note(FrostLedger *ledger);
/* Everything planned is held as before: nothing has to be told to the host's thaw. */
void frost_freezer_loss_take_back(FrostLedger *ledger);
