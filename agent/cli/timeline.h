/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * timeline.h - draws one freeze as text
 */

#include <glib.h>
#include <stdbool.h>

#include "record.h"

/* Appends lines of at most FROST_TEXT_COLUMNS columns. */
void frost_timeline_draw(const FrostRecord *record, bool colour, GString *out);

/* When the freeze began, in 25 columns; g_free() it. */
char *frost_timeline_began(const FrostRecord *record, GTimeZone *zone);
