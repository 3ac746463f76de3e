/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * held-lines.h - a bounded buffer for log lines that wait while filesystems are frozen
 *
 * All its memory is allocated at the start. When it is full, it keeps the first lines, which show
 * the cause, and counts the new ones as lost. A quarter of it is reserved for warnings and worse,
 * so that the many lines of --verbose cannot take the room of those that matter.
 */

#include <glib.h>
#include <stdbool.h>

#define FROST_HELD_LINES_MAX 1000
#define FROST_HELD_BYTES_MAX (256 * 1024)
/* A longer line is cut off, so that one long request cannot fill the buffer. */
#define FROST_HELD_LINE_MAX 4096

typedef struct {
    gint64 time_us; /* when it was logged, real time */
    GLogLevelFlags level;
    bool to_syslog;
    const char *text;
} FrostLine;

typedef struct FrostHeldLines FrostHeldLines;
typedef void (*FrostHeldLinesFunc)(void *user, const FrostLine *line);

/* Never fails. If there is no memory, all lines are counted as lost. */
FrostHeldLines *frost_held_lines_new(void);
void frost_held_lines_free(FrostHeldLines *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(FrostHeldLines, frost_held_lines_free)

/* Copies @line, or counts it as lost. */
void frost_held_lines_add(FrostHeldLines *self, const FrostLine *line);
/* Calls @func for each line, in order. */
void frost_held_lines_foreach(const FrostHeldLines *self, FrostHeldLinesFunc func, void *user);
unsigned frost_held_lines_lost(const FrostHeldLines *self);
