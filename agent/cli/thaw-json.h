/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * thaw-json.h - what frost-ga thaw has done, for a program
 *
 *   {"format": "frost-ga thaw", "version": 1,
 *    "state": afterwards: idle, under-way, frozen or unknown,
 *    "was_frozen": [PATH...], "still_frozen": [PATH...],
 *    "hooks": none, undone, failed or owed, "said": [LINE...]}
 */

#include "ledger-peek.h"

/* @said: the lines that a person would have read. One line; g_free() it. */
char *frost_thaw_json(const char *said, const FrostPeek *before, const FrostPeek *after);
