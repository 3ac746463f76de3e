/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * freeze-return.h - the way back: from all that is frozen, or from wherever a freeze has failed, to
 * THAWED (transaction-state.h)
 *
 * It heeds the freezer, has the hooks undone, and closes the ledger. What cannot be thawed stays
 * held: the next thaw tries again, and where only a new freezer could do it, that is also tried
 * from time to time.
 */

#include "backoff.h"
#include "freeze.h"

typedef struct {
    FrostFreeze *freeze; /* borrowed */
    FrostBackoff retry;  /* something is held that needs_adoption(): when that is tried */
    bool has_looked;     /* for what is out of reach, just now */
} FrostFreezeReturn;

void frost_freeze_return_init(FrostFreezeReturn *self, FrostFreeze *freeze);
void frost_freeze_return_clear(FrostFreezeReturn *self);

/* What the freezer says, but for what a FrostFreezeAttempt waits for; @user: a FrostFreezeReturn.
 */
void frost_freeze_return_heed(void *user, const FrostFreezerEvent *event);
/* Nothing is held any more, or nothing more can be done about it: the hooks are undone. */
void frost_freeze_return_undo(FrostFreezeReturn *self);
/* A new freezer takes over what the ledger calls held. */
void frost_freeze_return_adopt(FrostFreezeReturn *self);
/* Something is held, and a thaw or a release was asked for: it is served, or what is held is
 * adopted first. */
void frost_freeze_return_thaw(FrostFreezeReturn *self);
