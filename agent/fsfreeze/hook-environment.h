/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * hook-environment.h - what a hook is told in its environment, besides argv[1]
 *
 *   FROST_GA_PHASE      freeze or thaw
 *   FROST_GA_ID         one word that names this freeze: the same for all its hooks, both sides
 *   FROST_GA_TIME_LEFT  whole seconds until this call of this hook is ended
 *   FROST_GA_MOUNTS     mount points of what is to be frozen, one a line; in each, newline and
 *                       backslash as in mountinfo: \012, \134. What does not fit in
 *                       FROST_HOOK_MOUNTS_MAX is left out
 */

#include <glib.h>
#include <stdbool.h>

#include "ledger.h"

/* Far below what the kernel takes in one string (128 KiB). */
#define FROST_HOOK_MOUNTS_MAX (32 * 1024)

/* Ours and the above; g_strfreev() it. */
char **frost_hook_environment(const FrostLedgerData *ledger, bool thawing);
