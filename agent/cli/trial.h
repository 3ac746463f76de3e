/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * trial.h - `frost-ga check --freeze`: one real freeze and thaw, without a host
 *
 * It uses the same code as a freeze of the host: plan, hooks, limits, freezer and ledger. So if it
 * does not end, the agent and `frost-ga thaw` find it. It is not kept in the history.
 */

#include <glib.h>
#include <stdbool.h>

#include "config.h"
#include "json.h"

/* How long freezing may take. It is short, as no host waits for this freeze. */
#define FROST_TRIAL_FREEZE_S 5

typedef struct {
    unsigned count;    /* how many filesystems were held */
    int64_t window_us; /* from the first FIFREEZE to the last FITHAW; -1: there was none */
    char *error;       /* why it failed; NULL: it succeeded */
    char *timeline;    /* (nullable): the freeze as text */
    QgaValue *record;  /* (nullable): its record, as in the history */
} FrostTrial;

/* Freezes, waits for @hold_ms, and thaws. SIGINT, SIGTERM and SIGHUP end it earlier. */
FrostTrial *frost_trial_run(const FrostConfig *config, unsigned hold_ms, bool colour);
void frost_trial_free(FrostTrial *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(FrostTrial, frost_trial_free)
