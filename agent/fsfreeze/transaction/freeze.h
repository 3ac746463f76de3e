/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * freeze.h - the freeze under way: its state, what it keeps open, and what it is answered
 *
 * On its way there it is moved by freeze-attempt.h, on its way back by freeze-return.h.
 */

#include "mount-watch.h"
#include "owed-error.h"
#include "request-desk.h"
#include "resources.h"
#include "transaction-parts.h"
#include "transaction-state.h"

/* The state and told_frozen are changed by the functions below. */
typedef struct {
    const FrostTransactionParts *parts; /* borrowed */
    FrostRequestDesk *desk;             /* borrowed: who is answered */
    void (*rest)(void *user);           /* see frost_freeze_rest() */
    void *user;
    FrostTransactionState state;
    FrostResources resources; /* open unless THAWED or ELSEWHERE */
    FrostMountWatch *mounts;  /* while anything may be frozen */
    bool told_frozen;
    bool has_freezer;
    uint32_t degraded_logged;
    FrostOwedError owed_error; /* of the last freeze: for the next thaw */
    bool is_telling_owed; /* a thaw is told it by an answer that is due, or was given just now */
    char last_id[FROST_LEDGER_ID_LENGTH + 1]; /* of the last freeze; "": of none */
} FrostFreeze;

/* Thawed. */
void frost_freeze_init(FrostFreeze *self, const FrostTransactionParts *parts,
                       FrostRequestDesk *desk, void (*rest)(void *user), void *user);
void frost_freeze_clear(FrostFreeze *self);
/* frost_resources_close(); what is owed, and its name, are kept. */
void frost_freeze_close(FrostFreeze *self);

/* What is held waits for a thaw. */
bool frost_freeze_is_held(const FrostFreeze *self);

/* The only way into a state. */
void frost_freeze_enter(FrostFreeze *self, FrostTransactionState state);
/* THAWED, or held until the next thaw: the answer is ready, and the next request has its turn. */
void frost_freeze_rest(FrostFreeze *self);
/* Asks the freezer for the thaw. */
void frost_freeze_thaw(FrostFreeze *self);
/* The first thing that went wrong is the answer, and the history tells it. @error: (nullable):
 * nothing did. */
void frost_freeze_fail(FrostFreeze *self, const GError *error);
/* (nullable): the error that a thaw is answered now: what @ledger (nullable) owes, or else what is
 * known. */
GError *frost_freeze_tell_owed(FrostFreeze *self, const FrostLedger *ledger);
/* What a thaw was owed is settled once it has been answered, not before: this agent may be killed
 * until then. To be called after each answer. @ledger: (nullable): the open one. */
void frost_freeze_settle_told(FrostFreeze *self, FrostLedger *ledger);
/* Tells frozen_changed() of a change. */
void frost_freeze_tell_frozen(FrostFreeze *self, bool frozen);
