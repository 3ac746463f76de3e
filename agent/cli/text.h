/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * text.h - text for a terminal of 80 columns
 *
 * Names come from disks, mounts and files that others may have written: what could steer a
 * terminal or has no place in a column is written as an escape. A clean text is what
 * frost_text_clean() returned; columns are those of a terminal, where some characters take two.
 */

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#define FROST_TEXT_COLUMNS 80u

/* For anything that does not come from us; NULL is "?". g_free() it. */
char *frost_text_clean(const char *raw);
unsigned frost_text_columns(const char *clean);

/* Exactly @columns: filled up with blanks, or cut off in front, where paths are most alike, and
 * marked with "...". @columns is at least 4. */
void frost_text_add_left(GString *out, const char *clean, unsigned columns);
/* At least @columns, blanks first. */
void frost_text_add_right(GString *out, const char *clean, unsigned columns);

/**
 * frost_text_wrap: appends words, and goes on in lines that begin with @indent blanks
 * @column: where @out stands
 *
 * Ends with a line break. What has no blank to break at is broken anywhere.
 */
void frost_text_wrap(GString *out, const char *clean, unsigned column, unsigned indent);

/* Milliseconds in at most 6 columns, with as many decimals as fit, cut off, not rounded; from 1000
 * seconds on with a unit (s, d). "-" for -1. g_free() it. */
char *frost_text_ms(int64_t us);
/* "0", "812 B", "1.2 MiB": cut off, not rounded; "-" for -1. g_free() it. */
char *frost_text_size(int64_t bytes);
/* "0.812 ms", "1508.3 ms", "600.0 s", "25.4 h"; g_free() it. */
char *frost_text_duration(int64_t us);
