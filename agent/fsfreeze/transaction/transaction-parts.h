/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * transaction-parts.h - what a transaction works with, and the terms of its freezes
 */

#include <glib.h>
#include <stdbool.h>

#include "hooks.h"
#include "plan.h"
#include "planner.h"
#include "record.h"
#include "supervisor.h"
#include "time-limits.h"

typedef struct {
    FrostSys *sys; /* all borrowed; outlive the transaction */
    FrostPlanner *planner;
    FrostSupervisor *supervisor;
    FrostHooks *hooks;
    const char *statedir;
    const char *const *include;
    const char *const *exclude;
    bool all_namespaces; /* freeze also what only other mount namespaces show */
    FrostPlanMode mode;  /* OFF: a freeze is 0 at once, and nothing is done */
    GMainContext *context;
    FrostLimits limits;
    bool expedite;     /* rcu_expedited during the freeze phase */
    bool is_paced;     /* the queues of disks are short while it syncs */
    bool seals;        /* the freezer seals itself (seal.h) */
    bool needs_seal;   /* a freeze fails if it cannot */
    unsigned budget_s; /* from the request until all is frozen; 0: no such limit */
    /* A thaw is answered after this time although its hooks still run; 0: when they have ended. */
    unsigned thaw_reply_s;
    /* (nullable): all is undone, nothing is frozen: for the history. @record is lent. */
    void (*finished)(void *user, const FrostRecord *record);
    /* Just before anything can be frozen, and when nothing is any more: the log is held, commands
     * are restricted. */
    void (*frozen_changed)(void *user, bool frozen);
    void *user;
} FrostTransactionParts;
