/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * phases.h - a record as a row of phases, each of which follows on the one before
 */

#include <stdbool.h>
#include <stdint.h>

#include "record.h"

#define FROST_PHASES_MAX 8

typedef struct {
    const char *name; /* plan, sync, hook, freeze, frozen, thaw */
    char fill;        /* what it is drawn with */
    bool failed;      /* the freeze ended in it */
    int64_t begin_us;
    int64_t end_us; /* never before its beginning, whatever the record says */
} FrostPhase;

/* The phases that were gone through, in their order; returns how many. */
unsigned frost_phases_of(const FrostRecord *record, FrostPhase out[FROST_PHASES_MAX]);
