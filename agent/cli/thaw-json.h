/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * thaw-json.h - the output of `frost-ga thaw -j`
 *
 *   {"format": "frost-ga thaw", "version": 1,
 *    "state": afterwards: idle, under-way, frozen or unknown,
 *    "was_frozen": [PATH...], "still_frozen": [PATH...],
 *    "hooks": none, undone, failed or owed, "said": [LINE...]}
 */

#include "snapshot.h"

/* Returns one line; g_free() it. @said: the lines of text that are printed without -j. */
char *frost_thaw_json(const char *said, const FrostSnapshot *before, const FrostSnapshot *after);
