/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * hook-listing.h - `frost-ga hooks list`: the hooks that a freeze would run, and why not the others
 */

#include <glib.h>
#include <stdbool.h>

#include "hook-directory.h"
#include "json.h"

/* Text of at most 80 columns; g_free() it. @items: of FrostHookItem. */
char *frost_hook_listing_draw(const FrostHookSource *source, const GPtrArray *items);
/**
 * frost_hook_listing_to_value: the same for a program
 *
 * {"format": "frost-ga hooks list", "version": 1, "source": path or null, "hooks": [{"name",
 * "path", "verdict" ("runs", "ignored", "refused"), "reason" or null, "hold", "required"}]}, in the
 * order of a freeze.
 */
QgaValue *frost_hook_listing_to_value(const FrostHookSource *source, const GPtrArray *items);
/* How many of @items have this verdict. */
unsigned frost_hook_listing_count(const GPtrArray *items, FrostHookVerdict verdict);
