/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * record-ledger.h - the record of a freeze from its ledger
 */

#include "ledger-data.h"
#include "plan.h"
#include "record.h"

/**
 * frost_record_of_ledger: what a ledger tells of the freeze that it was kept for
 * @plan: (nullable): adds what was left out of it, and why
 * @now_us: CLOCK_BOOTTIME; the end of the record
 *
 * Also for a freeze whose agent is gone: the ledger has outlived it.
 */
FrostRecord *frost_record_of_ledger(const FrostLedgerData *ledger, const FrostPlan *plan,
                                    int64_t now_us);

/* The same of a freeze whose filesystems were all held and that is not undone in full yet; NULL: of
 * no such freeze. */
FrostRecord *frost_record_of_unfinished(const FrostLedgerData *ledger, const FrostPlan *plan,
                                        int64_t now_us);
