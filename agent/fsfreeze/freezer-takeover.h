/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * freezer-takeover.h - what a dead freezer had under way becomes somebody else's to thaw
 */

#include "ledger.h"
#include "sys.h"

/**
 * frost_takeover: of each thread that could still thaw and is gone
 *
 * @holders: @n processes, none reaped, that are dead or nearly so; the kernel may still have
 *           threads of theirs (K5), and what those are at work on is left to them
 *
 * What the ledger calls under way is called frozen, and so gets one FITHAW: EINVAL will say that it
 * was not. It is the only place where what somebody else froze could be thawed by us; not on a
 * suspended dm device, where a FITHAW hangs, and takes from dm what is dm's (K11). Puts
 * rcu_expedited back.
 */
void frost_takeover(FrostSys *sys, FrostLedgerData *ledger, const pid_t *holders, size_t n);
