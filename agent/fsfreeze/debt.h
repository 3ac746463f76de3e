/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * debt.h - the error that a thaw is owed when the freeze did not hold until it (design 2, promise
 * 4)
 *
 * One error, in words that hosts look for: "fsfreeze is limited to N seconds" (clients.md part 9).
 */

#include <glib.h>

#include "ledger.h"

typedef struct {
    FrostRelease cause; /* NONE: nothing is owed */
    unsigned limit_s;
} FrostDebt;

/* What @ledger owes. */
FrostDebt frost_debt_of_ledger(const FrostLedgerData *ledger);

/* Cleared, in the file too. */
void frost_debt_settle(FrostDebt *self, const char *statedir);

/* "this time had passed, and ...": for people. */
const char *frost_debt_reason(FrostRelease cause);

/* NULL where nothing is owed. @quark, @code: of the error. */
GError *frost_debt_error(const FrostDebt *self, GQuark quark, int code);
