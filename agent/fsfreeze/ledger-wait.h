/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * ledger-wait.h - waiting for a ledger that another process holds, without polling
 *
 * flock() can only be waited for by blocking, so a thread does it.
 */

#include "ledger.h"

typedef struct FrostLedgerWait FrostLedgerWait;

/* Takes @ledger. NULL, with an error that is lent: it could not even be waited for. */
typedef void (*FrostLedgerCame)(void *user, FrostLedger *ledger, const GError *error);

/* @came is called once, from @context. */
FrostLedgerWait *frost_ledger_wait_new(const char *statedir, GMainContext *context,
                                       FrostLedgerCame came, void *user);
/* No call of @came begins any more; a thread that still waits is left to itself. */
void frost_ledger_wait_free(FrostLedgerWait *self);
