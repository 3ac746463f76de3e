/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * held-lines.h - the lines that wait while filesystems are frozen
 *
 * All memory is taken when it is made; it never grows. When it is full the first lines are kept,
 * for they tell the cause, and new ones are counted as lost. A quarter is kept free for warnings
 * and worse, so that chatter under --verbose cannot push out the line that matters.
 */

#include <glib.h>
#include <stdbool.h>

#define FROST_HELD_LINES_MAX 1000
#define FROST_HELD_BYTES_MAX (256 * 1024)
/* A longer line is cut: one raw request must not take the place of all others. */
#define FROST_HELD_LINE_MAX 4096

typedef struct {
    gint64 time_us; /* real time at which it was logged */
    GLogLevelFlags level;
    bool to_syslog;
    const char *text;
} FrostLine;

typedef struct FrostHeldLines FrostHeldLines;
typedef void (*FrostHeldLinesFunc)(void *user, const FrostLine *line);

/* Never fails: without memory it holds nothing and counts. */
FrostHeldLines *frost_held_lines_new(void);
void frost_held_lines_free(FrostHeldLines *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(FrostHeldLines, frost_held_lines_free)

/* Copies @line, or counts it as lost. */
void frost_held_lines_add(FrostHeldLines *self, const FrostLine *line);
/* Calls @func for each line, in order. */
void frost_held_lines_foreach(const FrostHeldLines *self, FrostHeldLinesFunc func, void *user);
unsigned frost_held_lines_lost(const FrostHeldLines *self);
