/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * hook-own-log.h - reads what a dispatcher script appends to its own log file
 *
 * The usual dispatcher prints nothing. It writes the output of its hooks, and whether they failed,
 * to /var/log/qga-fsfreeze-hook.log, or to another file that its text names.
 */

#include <glib.h>

typedef struct FrostHookOwnLog FrostHookOwnLog;

/* Notes where the log files end now: what is appended later was written by the script. @script: its
 * path. */
FrostHookOwnLog *frost_hook_own_log_new(const char *script);
void frost_hook_own_log_free(FrostHookOwnLog *self);
/* What was appended since the last call: for each file, its path and the first 64 KiB at most.
 * NULL: nothing. g_free() it. */
char *frost_hook_own_log_take(FrostHookOwnLog *self);
