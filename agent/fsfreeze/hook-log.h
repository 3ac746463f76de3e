/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * hook-log.h - what hooks said, kept until nothing is frozen, then appended to a file
 */

#include <glib.h>

/* Of one freeze and its thaw; what is more is counted, not kept. */
#define FROST_HOOK_LOG_MAX (256 * 1024)

typedef struct FrostHookLog FrostHookLog;

FrostHookLog *frost_hook_log_new(void);
void frost_hook_log_free(FrostHookLog *self);

/* @call: "10-mysql freeze"; @result: "exit 0"; @output: what it said */
void frost_hook_log_add(FrostHookLog *self, const char *call, const char *result,
                        const char *output);
/* Appends all that was added to the file at @path ("": to none) and forgets it. Only while nothing
 * is frozen. What cannot be written is a warning. */
void frost_hook_log_write(FrostHookLog *self, const char *path);
