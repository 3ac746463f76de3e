/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * timeline.h - one freeze, drawn for a person
 */

#include <glib.h>
#include <stdbool.h>

#include "record.h"

/* Appends lines of at most FROST_TEXT_COLUMNS columns; @zone is the one times of day are in. */
void frost_timeline_draw(const FrostRecord *record, GTimeZone *zone, bool colour, GString *out);

/* When the freeze began, 25 columns; g_free() it. */
char *frost_timeline_began(const FrostRecord *record, GTimeZone *zone);
