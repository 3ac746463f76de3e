/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * hook-environment.h - the environment of a hook
 *
 *   FROST_GA_PHASE      freeze or thaw
 *   FROST_GA_ID         names this freeze: one word, the same in all calls of all its hooks
 *   FROST_GA_TIME_LEFT  whole seconds until this call reaches its time limit
 *   FROST_GA_MOUNTS     the mount points of the filesystems to be frozen, one on a line; newline
 *                       and backslash are escaped as in mountinfo (\012, \134); those that do not
 *                       fit into FROST_HOOK_MOUNTS_MAX are left out
 */

#include <glib.h>
#include <stdbool.h>

#include "ledger-data.h"

/* Bytes; far below the kernel's limit for one string (128 KiB). */
#define FROST_HOOK_MOUNTS_MAX (32 * 1024)

/* "freeze" or "thaw": FROST_GA_PHASE, and argv[1]. */
const char *frost_hook_phase_name(FrostHookPhase phase);
/* The agent's own environment with these variables added; g_strfreev() it. */
char **frost_hook_environment(const FrostLedgerData *ledger, FrostHookPhase phase);
