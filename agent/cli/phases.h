/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * phases.h - the phases of a freeze, one after the other, from its record
 */

#include <stdbool.h>
#include <stdint.h>

#include "record.h"

#define FROST_PHASES_MAX 8

typedef struct {
    const char *name; /* plan, sync, hook, freeze, frozen, thaw */
    char fill;        /* the character that it is drawn with */
    bool failed;      /* the freeze failed in this phase */
    int64_t begin_us;
    int64_t end_us; /* never before begin_us, whatever the record says */
} FrostPhase;

/* The phases that the freeze has reached, in order. Returns how many. */
unsigned frost_phases_of(const FrostRecord *record, FrostPhase out[FROST_PHASES_MAX]);
