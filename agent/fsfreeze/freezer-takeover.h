/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * freezer-takeover.h - what a dead freezer had under way becomes somebody else's to thaw
 */

#include "ledger.h"
#include "sys.h"

/**
 * frost_takeover: when the process of every thread that could still thaw is gone
 *
 * What the ledger calls under way is called frozen, and so gets one FITHAW: EINVAL will say that it
 * was not. It is the only place where what somebody else froze could be thawed by us; not on a
 * suspended dm device, where a FITHAW hangs, and takes from dm what is dm's (K11). Puts
 * rcu_expedited back.
 */
void frost_takeover(FrostSys *sys, FrostLedgerData *ledger);
