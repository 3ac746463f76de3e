/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * output.h - how commands print their output and their errors
 */

#include <glib.h>
#include <stdbool.h>

#include "json.h"

/* True if standard output is a terminal, and colour is not switched off. */
bool frost_output_is_colourful(void);
/* @value as one line; g_free() it. */
char *frost_output_json(const QgaValue *value);
/* Prints @text. False: it cannot be printed, which was reported on standard error. */
bool frost_output_print(const char *command, const char *text);

/* The message for an operand, for a command that takes none. */
#define FROST_OUTPUT_UNEXPECTED "nothing is expected here: '%s'"

/* Prints "COMMAND: MESSAGE" on standard error, as one line, whatever names the message quotes. */
void frost_output_complain(const char *command, const char *format, ...) G_GNUC_PRINTF(2, 3);
/* Prints the help; returns the exit status (cli.h). */
int frost_output_help(const char *command, const char *help);
/* Prints a hint at the help, for a command that was called wrongly; returns the exit status. */
int frost_output_hint(const char *command);

/**
 * FrostNotes: keeps warnings and errors that are logged, so that a report can show them
 *
 * Replaces GLib's default log handler, so there can be only one at a time.
 */
typedef struct FrostNotes FrostNotes;

FrostNotes *frost_notes_begin(void);
/* Restores the old handler. Returns, of char *: what was logged. */
GPtrArray *frost_notes_end(FrostNotes *self);
