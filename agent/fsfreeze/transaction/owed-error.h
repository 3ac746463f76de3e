/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * owed-error.h - the error that a thaw is owed when the freeze did not hold until it
 *
 * The next thaw gets it, once. Its words are those that hosts look for: "fsfreeze is limited to N
 * seconds".
 */

#include <glib.h>

#include "ledger.h"

typedef struct {
    FrostRelease cause; /* NONE: nothing is owed */
    unsigned limit_s;
} FrostOwedError;

/* What @ledger owes. */
FrostOwedError frost_owed_error_of_ledger(const FrostLedgerData *ledger);

/* Cleared, if anything is owed: in @ledger, the open one, too; or where none is (NULL) in the file.
 */
void frost_owed_error_settle(FrostOwedError *self, FrostLedger *ledger, const char *statedir);

/* Nothing is known: what the ledger of @statedir owes, which could not be mapped. */
void frost_owed_error_read(FrostOwedError *self, const char *statedir);

/* NULL where nothing is owed. */
GError *frost_owed_error_make(const FrostOwedError *self);
