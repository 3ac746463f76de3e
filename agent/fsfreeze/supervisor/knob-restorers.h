/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * knob-restorers.h - the restorers of knob-restorer.h that have not ended yet, and are to be reaped
 */

#include <glib.h>

#include "ledger-data.h"
#include "sys.h"

typedef struct {
    FrostSys *sys; /* borrowed */
    GMainContext *context;
    GPtrArray *children; /* of FrostChildWatch */
} FrostKnobRestorers;

void frost_knob_restorers_init(FrostKnobRestorers *self, FrostSys *sys, GMainContext *context);
void frost_knob_restorers_clear(FrostKnobRestorers *self);
/* Starts one where it is needed. If it cannot, it says so. */
void frost_knob_restorers_start(FrostKnobRestorers *self, const FrostLedger *ledger);
