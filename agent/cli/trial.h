/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * trial.h - one real freeze and thaw, without a host
 *
 * It goes the way of the host's: the same plan, hooks, limits, freezer and ledger. So it is seen by
 * the agent and by `frost-ga thaw`, should it not end; the history does not keep it.
 */

#include <glib.h>
#include <stdbool.h>

#include "config.h"
#include "json.h"

/* Until all are frozen; so short, since nobody waits for this one. */
#define FROST_TRIAL_FREEZE_S 5

typedef struct {
    unsigned count;    /* filesystems that were held */
    int64_t window_us; /* from the first FIFREEZE to the last FITHAW; -1 */
    char *error;       /* (nullable): it failed, and why */
    char *timeline;    /* (nullable): drawn */
    QgaValue *record;  /* (nullable): as in the history */
} FrostTrial;

/* Freezes, stays so for @hold_ms, and thaws; SIGINT, SIGTERM and SIGHUP end it earlier. */
FrostTrial *frost_trial_run(const FrostConfig *config, unsigned hold_ms, bool colour);
void frost_trial_free(FrostTrial *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(FrostTrial, frost_trial_free)
