/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * output.h - what a command prints, and the lines that it must not lose
 */

#include <glib.h>
#include <stdbool.h>

#include "json.h"

/* Standard output is a terminal that wants colour. */
bool frost_output_is_colourful(void);
/* As one line; g_free() it. */
char *frost_output_json(const QgaValue *value);
/* False, and said on standard error, where it cannot be printed. */
bool frost_output_print(const char *command, const char *text);

/* Of a word that is no option, where none is expected. */
#define FROST_OUTPUT_UNEXPECTED "nothing is expected here: '%s'"

/* What is wrong, on standard error: "COMMAND: MESSAGE", one line, whatever names it quotes. */
void frost_output_complain(const char *command, const char *format, ...) G_GNUC_PRINTF(2, 3);
/* The exit status (cli.h) of a command that was to print its help. */
int frost_output_help(const char *command, const char *help);
/* The exit status of one that was called wrongly, after a hint at its help. */
int frost_output_hint(const char *command);

/**
 * FrostNotes: what is logged as a warning or worse, kept for the report instead
 *
 * Of the default log handler there is one a process: one of these at a time.
 */
typedef struct FrostNotes FrostNotes;

FrostNotes *frost_notes_begin(void);
/* The handler of before is back; of char *. */
GPtrArray *frost_notes_end(FrostNotes *self);
