/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * bars.h - the window of one filesystem as a bar
 *
 * A bar has three zones of equal width: freeze, frozen and thaw. Each zone has a scale of its own,
 * so that a freeze of a millisecond is visible beside minutes of being frozen.
 *
 *   freeze  frozen  thaw
 *     >>>>>>########<<<            > inside FIFREEZE, # frozen, < inside FITHAW, ! refused
 */

#include <stdint.h>

#include "record.h"

#define FROST_BAR_ZONE 8u
#define FROST_BAR_COLUMNS (3u * FROST_BAR_ZONE)

/* The times at which the zones begin and end. */
typedef struct {
    int64_t edges_us[4];
} FrostBarScale;

FrostBarScale frost_bar_scale(const FrostRecord *record);
/* The bar of @fs, without blanks at its end; g_free() it. */
char *frost_bar_draw(const FrostBarScale *scale, const FrostRecordFs *fs);
