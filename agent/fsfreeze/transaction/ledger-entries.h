/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * ledger-entries.h - a plan, entered in a ledger
 */

#include "ledger.h"
#include "plan.h"

/* frost_ledger_begin() with what @plan is to freeze or to sync. */
bool frost_ledger_begin_plan(FrostLedger *ledger, const FrostPlan *plan, GError **error);
