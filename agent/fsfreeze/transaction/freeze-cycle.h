/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * freeze-cycle.h - freezes, one after the other: each takes the states of transaction-state.h
 *
 * It serves the requests at a desk, and tells the desk how each has ended. It has the resources of
 * the freeze under way, and works the planner, the freezer (supervisor.h) and the hooks. What an
 * earlier agent has left comes first.
 */

#include "request-desk.h"
#include "transaction-parts.h"
#include "transaction-state.h"

typedef struct FrostFreezeCycle FrostFreezeCycle;

/* Thawed. @parts and @desk are borrowed; the desk is used from start on. */
FrostFreezeCycle *frost_freeze_cycle_new(const FrostTransactionParts *parts,
                                         FrostRequestDesk *desk);
void frost_freeze_cycle_free(FrostFreezeCycle *self);
/* Looks for what an earlier agent has left behind (transaction.h). */
void frost_freeze_cycle_start(FrostFreezeCycle *self);

FrostTransactionState frost_freeze_cycle_state(const FrostFreezeCycle *self);
/* A filesystem is held, or may become so. */
bool frost_freeze_cycle_is_frozen(FrostFreezeCycle *self);
/* The name of the freeze under way or held, or else of the last one; "": of none. */
const char *frost_freeze_cycle_id(const FrostFreezeCycle *self);
/* See transaction.h. */
const FrostLedgerData *frost_freeze_cycle_ledger(const FrostFreezeCycle *self);
FrostRecord *frost_freeze_cycle_record(const FrostFreezeCycle *self);

/* For the desk's turns, when somebody has asked for something: where it is thawed, or something
 * waits for its thaw, it answers who is served and begins what is asked for next. */
void frost_freeze_cycle_serve(void *user);
/* For the desk: (nullable): the error of a request for which nothing is done. */
GError *frost_freeze_cycle_unserved(void *user, FrostRequestKind kind);

/* A freeze on its way, from PLANNING to FREEZING, is undone, and @error is its answer. Does nothing
 * where there is none, or where it has failed already. */
void frost_freeze_cycle_cut_off(FrostFreezeCycle *self, const GError *error);
/* The same for a release, which also does not wait for an earlier agent. @cause: for the next
 * thaw. */
void frost_freeze_cycle_release(FrostFreezeCycle *self, FrostRelease cause, const char *reason);
