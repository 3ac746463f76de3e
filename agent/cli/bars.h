/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * bars.h - the window of one filesystem as a bar
 *
 * The window has three zones of equal width, freeze, frozen and thaw, each with a scale of its own:
 * a freeze of a millisecond can be seen beside minutes of being frozen.
 *
 *   freeze  frozen  thaw
 *     >>>>>>########<<<            > inside FIFREEZE, # frozen, < inside FITHAW, ! refused
 */

#include <stdint.h>

#include "record.h"

#define FROST_BAR_ZONE 8u
#define FROST_BAR_COLUMNS (3u * FROST_BAR_ZONE)

/* Where the zones begin and end. */
typedef struct {
    int64_t edges_us[4];
} FrostBarScale;

FrostBarScale frost_bar_scale(const FrostRecord *record);
/* Without blanks at the end; g_free() it. */
char *frost_bar_draw(const FrostBarScale *scale, const FrostRecordFs *fs);
