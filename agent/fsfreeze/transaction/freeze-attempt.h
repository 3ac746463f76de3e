/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * freeze-attempt.h - the way there: from PLANNING to FROZEN (transaction-state.h)
 *
 * It makes the plan, starts the freezer, and has it sync, runs the hooks, syncs again, freezes. It
 * goes back by no step: whoever uses it is told, and undoes.
 */

#include "freeze-return.h"

typedef struct {
    FrostFreeze *freeze;     /* borrowed; its resources are open */
    FrostFreezeReturn *back; /* borrowed: for the same freeze */
} FrostFreezeAttempt;

/* From THAWED. @mount_points: (nullable): a freeze-list; lent. */
void frost_freeze_attempt_begin(FrostFreezeAttempt *self, char **mount_points);
/* It is on its way, from PLANNING to FREEZING. */
bool frost_freeze_attempt_is_under_way(const FrostFreezeAttempt *self);
/* The nearest way back from wherever it has come to. */
void frost_freeze_attempt_turn_back(FrostFreezeAttempt *self);
