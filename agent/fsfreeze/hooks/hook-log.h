/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * hook-log.h - the output of hooks: kept in memory while filesystems are frozen, then appended to a
 * file
 */

#include <glib.h>

/* The most bytes that are kept for one freeze and its thaw. Further ones are only counted. */
#define FROST_HOOK_LOG_MAX (256 * 1024)

typedef struct FrostHookLog FrostHookLog;

FrostHookLog *frost_hook_log_new(void);
void frost_hook_log_free(FrostHookLog *self);

/* @call: "10-mysql freeze"; @result: "exit 0"; @output: what the hook printed */
void frost_hook_log_add(FrostHookLog *self, const char *call, const char *result,
                        const char *output);
/* Appends what was added to the file @path ("": no file), and drops it. Only to be called while
 * nothing is frozen. If it cannot be written, a warning is logged. */
void frost_hook_log_write(FrostHookLog *self, const char *path);
