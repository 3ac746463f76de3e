/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * transaction.h - who asks for a freeze, a thaw or a release, and how long they wait for it
 *
 * What a freeze goes through is freeze-cycle.h.
 *
 * All or nothing: a freeze answers a number above 0 and everything planned is held, or
 * it answers 0 or an error, nothing is held and the hooks that ran have been undone.
 */

#include <glib.h>
#include <stdbool.h>

#include "ledger-data.h"
#include "request-desk.h"
#include "transaction-error.h"
#include "transaction-parts.h"

typedef struct FrostTransaction FrostTransaction;

/**
 * frost_transaction_new:
 *
 * Looks for what an earlier agent left behind: a ledger that another process is at (then a freeze
 * waits for its end, and the status is frozen until it has thawed), filesystems still frozen (then
 * this one comes up frozen and can thaw), or hooks not undone (then they are undone now).
 */
FrostTransaction *frost_transaction_new(const FrostTransactionParts *parts);
void frost_transaction_free(FrostTransaction *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(FrostTransaction, frost_transaction_free)

/* A filesystem is held, or may become so. */
bool frost_transaction_is_frozen(FrostTransaction *self);

/* What is under way or holds, or was last; NULL: nothing is open. Lent until the main loop runs. */
const FrostLedgerData *frost_transaction_ledger(const FrostTransaction *self);
/* frost_record_of_unfinished(). */
FrostRecord *frost_transaction_record(const FrostTransaction *self);

/* @mount_points: (nullable): a freeze-list. @id: (nullable): one word that the host names it by;
 * else one is made. @done comes from the main loop, never from inside. */
void frost_transaction_freeze(FrostTransaction *self, const char *const *mount_points,
                              const char *id, FrostTransactionDone done, void *user);
/* It is the name of the freeze that is asked for, under way or held, or of the last one. Of one
 * that is not answered yet only the host's own name counts: it knows no other. */
bool frost_transaction_is_called(const FrostTransaction *self, const char *id);
/* Thawed already: 0, and nothing is touched. */
void frost_transaction_thaw(FrostTransaction *self, FrostTransactionDone done, void *user);

/* The host has given up a freeze that is not answered yet, and asks for the thaw: the freeze is
 * undone, and answered with an error. Answers nothing from inside. */
void frost_transaction_give_up_freeze(FrostTransaction *self);
/* The same for a host that has left and not come back: it is not obeyed late. But what is being
 * frozen already goes on: its host may only have lost the answer. */
void frost_transaction_miss_host(FrostTransaction *self);

/**
 * frost_transaction_release:
 * @cause, @reason: for the next thaw; for people: "signal 15", "the port has gone"
 *
 * Ends whatever is under way, thaws, undoes the hooks; then calls @done (nullable). A freeze that
 * is cut off answers an error first. Thawed and idle: @done comes at once, from the main loop. All
 * causes but RESTORED are for an agent that ends: an earlier agent, which thaws by itself, is not
 * waited for.
 */
void frost_transaction_release(FrostTransaction *self, FrostRelease cause, const char *reason,
                               FrostTransactionDone done, void *user);
