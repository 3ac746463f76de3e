/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * resources.h - what one freeze keeps open: ledger, filesystems, rcu_expedited
 *
 * A freeze of this agent has a plan, which holds the descriptors of the filesystems. A freeze that
 * an earlier agent left behind has only its ledger: each filesystem that it calls held is opened
 * anew (inherited), beside the main loop.
 */

#include <glib.h>
#include <stdbool.h>

#include "ledger.h"
#include "planner.h"
#include "time-limits.h"

typedef struct {
    uint32_t index; /* in the ledger */
    int fd;
} FrostInherited;

/* What is being inherited. */
typedef struct {
    FrostPlanner *planner;         /* borrowed; NULL: nothing is */
    uint32_t next;                 /* the filesystem whose turn it is */
    bool has_hung;                 /* one of them */
    void (*inherited)(void *user); /* all that can be opened is */
    void *user;
} FrostInheriting;

typedef struct {
    FrostSys *sys;       /* borrowed */
    FrostLedger *ledger; /* locked; NULL: closed */
    FrostPlan *plan;     /* (nullable) */
    GArray *inherited;   /* of FrostInherited: the same, of an earlier agent's freeze */
    FrostInheriting inheriting;
    int expedite_fd; /* -1: none */
} FrostResources;

void frost_resources_init(FrostResources *self, FrostSys *sys);
void frost_resources_clear(FrostResources *self);

/**
 * frost_resources_open: the ledger, for a new freeze
 *
 * Where an earlier freeze has left a filesystem held, the error names it, and the ledger stays open
 * so that the freeze can be adopted. After any other error nothing is open.
 */
bool frost_resources_open(FrostResources *self, const char *statedir, GError **error);
/* After open: an earlier freeze has left hooks that are not undone. */
bool frost_resources_owe_hooks(const FrostResources *self);
/* After open: begins the ledger of @plan, which is taken, also where this fails. */
bool frost_resources_begin(FrostResources *self, FrostPlan *plan, GError **error);
/* Closes what no freeze was begun for: the ledger is left as it is. */
void frost_resources_drop(FrostResources *self);
/* The ledger of an earlier agent (nullable) is this one's from now on, with what it calls
 * expedited. */
void frost_resources_take_over(FrostResources *self, FrostLedger *ledger);
/**
 * frost_resources_inherit: opens what the ledger of an earlier agent calls held, and is not open
 * yet
 *
 * A filesystem that was unmounted meanwhile is opened by its device (K14). One that is out of
 * reach, or whose opening hangs, is named in the log and stays held; one that is gone becomes LOST.
 * Does nothing for a freeze of this agent. @inherited comes once, perhaps from inside; never after
 * drop or close. The ledger has the descriptors only after hand_over.
 */
void frost_resources_inherit(FrostResources *self, FrostPlanner *planner,
                             void (*inherited)(void *user), void *user);
/* Puts into the ledger what was inherited, for the next freezer. To be called while no freezer
 * lives: one that was started before has other files under these numbers. */
void frost_resources_hand_over(FrostResources *self);
bool frost_resources_are_inheriting(const FrostResources *self);
/* Something is held that could not be opened. */
bool frost_resources_miss_some(const FrostResources *self);
/* All is undone: ends the ledger and closes everything. */
void frost_resources_close(FrostResources *self);

/* frost_ledger_mark(), now. */
void frost_resources_mark(FrostResources *self, FrostStep step);
/* After begin: how long each part of the freeze may take, and whether grace periods may be
 * expedited for it. */
void frost_resources_set_terms(FrostResources *self, const FrostLimits *limits, bool expedite);
/* The inherited freeze never held all of its filesystems, or has been released: no host waits to
 * thaw it. */
bool frost_resources_are_incomplete(const FrostResources *self);
