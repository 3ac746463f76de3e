/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * text.h - formats text for a terminal of 80 columns
 *
 * Names come from disks, mounts and files that others may have written. Characters that could
 * control a terminal, or have no width, are replaced by escapes. "Clean" text is what
 * frost_text_clean() has returned. Some characters take two columns.
 */

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#define FROST_TEXT_COLUMNS 80u

/* Cleans text that others may have written; NULL becomes "?". g_free() it. */
char *frost_text_clean(const char *raw);
unsigned frost_text_columns(const char *clean);

/* Adds exactly @columns, 4 or more: fills up with blanks after the text, or replaces its beginning
 * by
 * "...", as the ends of paths differ most. */
void frost_text_add_left(GString *out, const char *clean, unsigned columns);
/* Adds at least @columns, with blanks before the text. */
void frost_text_add_right(GString *out, const char *clean, unsigned columns);

/**
 * frost_text_wrap: appends words, with line breaks; further lines begin with @indent blanks
 * @column: the column at which @out ends
 *
 * Ends with a line break. A word that is too long for a line is broken anywhere.
 */
void frost_text_wrap(GString *out, const char *clean, unsigned column, unsigned indent);

/* Milliseconds in at most 6 columns, with as many decimals as fit, rounded down; from 1000 seconds
 * on with a unit (s, d). "-" for -1. g_free() it. */
char *frost_text_ms(int64_t us);
/* "0", "812 B", "1.2 MiB", rounded down; "-" for -1. g_free() it. */
char *frost_text_size(int64_t bytes);
/* "0.812 ms", "1508.3 ms", "600.0 s", "25.4 h"; g_free() it. */
char *frost_text_duration(int64_t us);
