/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * planner.h - plans a freeze beside the main loop
 *
 * A mount point may lie below a mount whose server is gone (FUSE, NFS): looking its path up then
 * takes until that server is back, if it ever is. The plan is made on a thread of its own, which
 * has none of the agent's descriptors (blocking-jobs.h); those that it opens are passed over.
 *
 * A table, so that the transaction can be tested without threads.
 */

#include <glib.h>

#include "plan.h"
#include "reopener.h"

/* How long a plan may take, seconds. */
#define FROST_PLANNER_LIMIT_S 10u

#define FROST_PLANNER_ERROR (frost_planner_error_quark())

typedef enum {
    FROST_PLANNER_ERROR_HANGS,     /* a look-up has not come back within the limit */
    FROST_PLANNER_ERROR_HAND_OVER, /* the descriptors could not be passed over */
} FrostPlannerError;

GQuark frost_planner_error_quark(void);

/* Takes @plan, NULL on @error, which is only lent. */
typedef void (*FrostPlanned)(void *user, FrostPlan *plan, const GError *error);

typedef struct FrostPlanner FrostPlanner;

struct FrostPlanner {
    /* One at a time. @filter: lent, its lists too. @planned comes once, from the main loop. */
    void (*plan)(FrostPlanner *self, const FrostPlanFilter *filter, FrostPlanned planned,
                 void *user);
    /* Opens a filesystem that an earlier agent left frozen. One at a time, and not beside a plan.
     */
    void (*reopen)(FrostPlanner *self, const FrostReopenerWish *wish, unsigned limit_s,
                   FrostReopened reopened, void *user);
    /* planned() or reopened() does not come any more; what still hangs is left to itself. */
    void (*give_up)(FrostPlanner *self);
    void (*free)(FrostPlanner *self);
};

/* The real one. @sys is copied for each plan; borrowed, for what the plans then hold. */
FrostPlanner *frost_planner_new(FrostSys *sys, GMainContext *context);
/* The same with another limit. */
FrostPlanner *frost_planner_new_with(FrostSys *sys, GMainContext *context, unsigned limit_s);
