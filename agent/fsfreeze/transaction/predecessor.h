/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * predecessor.h - an earlier agent's processes, and what they leave in the ledger
 *
 * While one of them has the ledger's lock it thaws, and undoes the hooks: it is waited for, and
 * nothing is done behind its back. One that is stopped does neither, and is killed
 * (stopped-freezer.h).
 */

#include <stdbool.h>

#include "ledger.h"

typedef struct FrostPredecessor FrostPredecessor;

typedef struct {
    /* Takes @ledger, which is locked. NULL, with an error that is lent: it cannot be had, and what
     * is left is not known. */
    void (*gone)(void *user, FrostLedger *ledger, const GError *error);
    /* What it held is thawed; it only undoes hooks. */
    void (*thawed)(void *user);
    void *user;
    GMainContext *context;
} FrostPredecessorParts;

/**
 * frost_predecessor_await: waits until no other process has the ledger of @statedir
 *
 * NULL: nobody has it, and gone has been called. Otherwise gone is called once, from the context,
 * and before it thawed, at most once.
 */
FrostPredecessor *frost_predecessor_await(const char *statedir, const FrostPredecessorParts *parts);
/* None of both is called any more. */
void frost_predecessor_free(FrostPredecessor *self);

/* A filesystem is held, or may become so: also where the ledger cannot be read. */
bool frost_predecessor_may_hold(FrostPredecessor *self);
/* (nullable): what it has written so far; not locked. */
FrostLedger *frost_predecessor_ledger(const FrostPredecessor *self);
