/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * transaction.h - one freeze, from the request to the last undo
 *
 *          freeze                                                  thaw / release / loss
 *   THAWED -> STARTING -> SYNCING -> HOOKS -> RESYNCING -> FREEZING -> FROZEN -> THAWING
 *     ^          |           |         |          |           |                    |
 *     |          +-----------+---------+----------+-----------+-- failed --> UNDOING (hooks)
 *     +------------------------------------------------------------------------------+
 *
 * All or nothing (design 2): a freeze answers a number above 0 and everything planned is held, or
 * it answers 0 or an error, nothing is held and the hooks that ran have been undone.
 */

#include <glib.h>
#include <stdbool.h>

#include "freezer.h"
#include "hooks.h"
#include "ledger.h"
#include "plan.h"
#include "record.h"
#include "time-limits.h"

#define FROST_TRANSACTION_ERROR (frost_transaction_error_quark())

typedef enum {
    FROST_TRANSACTION_ERROR_STATE,    /* wrong request for the present state */
    FROST_TRANSACTION_ERROR_RELEASED, /* ended by a signal or the loss of the port */
    FROST_TRANSACTION_ERROR_NOT_HELD, /* the freeze did not last until the host's thaw */
} FrostTransactionError;

GQuark frost_transaction_error_quark(void);

typedef struct FrostTransaction FrostTransaction;

/* @error: (nullable); only lent. @count: filesystems frozen, or thawed. */
typedef void (*FrostTransactionDone)(void *user, unsigned count, const GError *error);

typedef struct {
    FrostSys *sys; /* all borrowed; outlive the transaction */
    FrostFreezer *freezer;
    FrostHooks *hooks;
    const char *statedir;
    const char *const *include;
    const char *const *exclude;
    FrostPlanMode mode; /* OFF: a freeze is 0 at once, and nothing is done */
    GMainContext *context;
    FrostLimits limits;
    bool expedite; /* rcu_expedited during the freeze phase */
    /* A thaw is answered after this time although its hooks still run; 0: when they have ended. */
    unsigned thaw_reply_s;
    /* (nullable): all is undone, nothing is frozen: for the history. @record is lent. */
    void (*finished)(void *user, const FrostRecord *record);
    /* Just before anything can be frozen, and when nothing is any more: the log is held, commands
     * are restricted. */
    void (*frozen_changed)(void *user, bool frozen);
    void *user;
} FrostTransactionParts;

/**
 * frost_transaction_new:
 *
 * Looks for what an earlier agent left behind: a ledger held by a live freezer (then the status is
 * frozen until that one has finished), filesystems still frozen (then this one comes up frozen and
 * can thaw), or hooks not undone (then they are undone now).
 */
FrostTransaction *frost_transaction_new(const FrostTransactionParts *parts);
void frost_transaction_free(FrostTransaction *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(FrostTransaction, frost_transaction_free)

bool frost_transaction_is_frozen(const FrostTransaction *self);

/* @mount_points: (nullable): a freeze-list. @done comes from the main loop, never from inside. */
void frost_transaction_freeze(FrostTransaction *self, const char *const *mount_points,
                              FrostTransactionDone done, void *user);
/* Thawed already: 0, and nothing is touched. */
void frost_transaction_thaw(FrostTransaction *self, FrostTransactionDone done, void *user);

/**
 * frost_transaction_release:
 * @cause, @reason: for the next thaw; for people: "signal 15", "the port has gone"
 *
 * Ends whatever is under way, thaws, undoes the hooks; then calls @done. A freeze that is cut off
 * answers an error first. Thawed and idle: @done comes at once, from the main loop.
 */
void frost_transaction_release(FrostTransaction *self, FrostRelease cause, const char *reason,
                               FrostTransactionDone done, void *user);
