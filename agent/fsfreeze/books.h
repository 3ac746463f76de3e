/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * books.h - what one freeze has open: its ledger, its plan, or what it inherited
 *
 * A freeze of our own has a plan, which holds the descriptors. One that an earlier agent left
 * behind has only the ledger: what that calls held is opened anew.
 */

#include <glib.h>
#include <stdbool.h>

#include "ledger.h"
#include "plan.h"
#include "time-limits.h"

typedef struct {
    FrostSys *sys;       /* borrowed */
    FrostLedger *ledger; /* locked; NULL: closed */
    FrostPlan *plan;     /* (nullable) */
    GArray *inherited;   /* of int: descriptors */
    int expedite_fd;     /* -1: none */
} FrostBooks;

void frost_books_init(FrostBooks *self, FrostSys *sys);
void frost_books_clear(FrostBooks *self);

/**
 * frost_books_open: for a new freeze
 *
 * When an earlier freeze has left something held, that ledger stays open beside the error, so that
 * it can be taken over; after any other error the books are closed.
 */
bool frost_books_open(FrostBooks *self, const char *statedir, const FrostPlanFilter *filter,
                      GError **error);
/* Opens what the ledger of an earlier agent calls held; one that was unmounted meanwhile, by its
 * device (K14); of a freeze of our own nothing has to be. One that is out of reach is named in the
 * log and left; one that is gone is LOST. */
void frost_books_inherit(FrostBooks *self);
/* All is undone. */
void frost_books_close(FrostBooks *self);

/* After open: how long each part of the freeze may take, and whether grace periods may be
 * expedited for it. */
void frost_books_set_terms(FrostBooks *self, const FrostLimits *limits, bool expedite);
/* What was inherited was never a freeze that held, or not any more: nobody waits for its thaw. */
bool frost_books_are_incomplete(const FrostBooks *self);
