/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * kept-lines.h - keeps the lines of a thread that must not write to the log
 *
 * A thread that has closed its copies of the agent's descriptors (blocking-jobs.h) would write to
 * any file that has the log's number in its own table. Its lines are kept, and the main thread logs
 * them afterwards.
 */

#include <glib.h>
#include <stdbool.h>

typedef struct FrostKeptLines FrostKeptLines;

/* From now on, keeps the lines of the calling thread. */
void frost_kept_lines_begin(void);
/* Stops that, and returns the lines that were kept. */
FrostKeptLines *frost_kept_lines_end(void);
/* Logs the lines in their order, each at its level. */
void frost_kept_lines_log(const FrostKeptLines *self);
void frost_kept_lines_free(FrostKeptLines *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(FrostKeptLines, frost_kept_lines_free)

/* Called by the log: copies @text. False: the lines of the calling thread are not kept. */
bool frost_kept_lines_add(GLogLevelFlags level, const char *text);
