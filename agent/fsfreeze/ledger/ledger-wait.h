/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * ledger-wait.h - waits for a ledger that another process has locked, without polling
 *
 * flock() has no event, so a thread of its own blocks in it. Where no thread can be started, that
 * is tried again each second.
 */

#include "ledger.h"

typedef struct FrostLedgerWait FrostLedgerWait;

/* Takes ownership of @ledger. If it could not be opened, @ledger is NULL, and @error is borrowed.
 */
typedef void (*FrostLedgerCame)(void *user, FrostLedger *ledger, const GError *error);

/* Opens the ledger of @statedir once its lock is free, and calls @came once, from @context. */
FrostLedgerWait *frost_ledger_wait_new(const char *statedir, GMainContext *context,
                                       FrostLedgerCame came, void *user);
/* @came is not called any more. The thread goes on waiting, and drops the ledger when it comes. */
void frost_ledger_wait_free(FrostLedgerWait *self);
