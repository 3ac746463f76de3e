/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * transaction-private.h - the two halves of a transaction
 *
 * transaction.c is the outside: who asks, who is answered, what waits. transaction-steps.c is the
 * inside: the steps of the drawing in transaction.h, there and back.
 */

#include "books.h"
#include "debt.h"
#include "ledger-wait.h"
#include "mount-watch.h"
#include "request.h"
#include "transaction.h"

typedef enum {
    STATE_THAWED,
    STATE_ELSEWHERE, /* another process of an earlier agent holds the ledger */
    STATE_ADOPTING,  /* a new freezer takes over what both dead ones left */
    STATE_STARTING,
    STATE_SYNCING,
    STATE_HOOKS,
    STATE_RESYNCING,
    STATE_FREEZING,
    STATE_FROZEN,
    STATE_THAWING,
    STATE_UNDOING,
    STATE_CLOSING, /* the freezer lets go of the filesystems */
} State;

struct FrostTransaction {
    FrostTransactionParts parts;
    State state;
    FrostBooks books; /* open unless thawed or elsewhere */
    FrostLedgerWait *wait;
    bool told_frozen;
    bool freezer_runs;
    FrostRequest *request; /* under way; NULL: none, or answered */
    GQueue waiting;        /* of FrostRequest: for the time when we rest */
    GQueue releases;       /* of FrostRequest */
    char *release_reason;  /* set from a release until it is done */
    unsigned count;        /* what the request will be answered with */
    GError *outcome;
    GSource *rest_source;
    GSource *retry; /* frozen, and without a freezer: when another one is tried */
    unsigned retry_s;
    GSource *reply_limit; /* while undoing: a thaw is answered then */
    bool undoes_beside;   /* that time is over: thaws are answered at once */
    uint32_t lacks_told;
    FrostDebt debt;               /* what the next thaw is to be told */
    FrostMountWatch *mount_watch; /* while anything may be frozen */
};

/* transaction.c */

void frost_transaction_set_state(FrostTransaction *self, State state);
void frost_transaction_tell_frozen(FrostTransaction *self, bool frozen);
/* The first thing that went wrong is the answer; what follows from it is for the log. */
void frost_transaction_fail(FrostTransaction *self, const GError *error);
void frost_transaction_fail_for_release(FrostTransaction *self);
/* Answers whoever asked for what is under way, if anybody did. */
void frost_transaction_answer(FrostTransaction *self);
/* At rest, thawed or frozen: answers, and does what was put off, one thing at a time. */
void frost_transaction_rest(FrostTransaction *self);
/* Something is frozen, and could not be thawed for @why: told, and left to the next thaw. Where
 * there is no freezer, one is also tried from time to time. */
void frost_transaction_remain_frozen(FrostTransaction *self, const GError *why);
/* Thawed, but hooks are still being undone: answers the thaws that wait, and nothing else. */
void frost_transaction_answer_thaws(FrostTransaction *self);
/* Answers all that wait with @error: it cannot be done now. */
void frost_transaction_refuse_all(FrostTransaction *self, const GError *error);

/* transaction-steps.c */

/* The books are open. */
void frost_transaction_start(FrostTransaction *self);
/* A new freezer takes over what the ledger calls held. */
void frost_transaction_adopt(FrostTransaction *self);
void frost_transaction_thaw_now(FrostTransaction *self);
/* Nothing is held any more: undoes the hooks, then closes the books and rests. */
void frost_transaction_end_hooks(FrostTransaction *self);
