/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * page.h - draws the parts of a report on a freeze
 *
 * Colour only repeats what the text says: nothing is lost without it.
 */

#include <glib.h>
#include <stdbool.h>

#include "record.h"

typedef enum {
    FROST_STYLE_TITLE,
    FROST_STYLE_BAD,
    FROST_STYLE_FROZEN,
    FROST_STYLE_GOOD,
    FROST_STYLE_WARN,
} FrostStyle;

typedef struct {
    GString *out;
    bool colour;
} FrostPage;

void frost_page_begin(FrostPage *page, FrostStyle style);
void frost_page_end(FrostPage *page);
void frost_page_add_styled(FrostPage *page, FrostStyle style, const char *clean);
/* Ends the line, and removes blanks at its end. */
void frost_page_end_line(FrostPage *page);
/* Adds "and N filesystems for which..."; nothing if @omitted is 0. */
void frost_page_add_omitted(FrostPage *page, unsigned omitted, const char *of_what);

/* The phases side by side, with their names and times; longer ones are wider. */
void frost_phase_row_draw(FrostPage *page, const FrostRecord *record);
/* A row for each filesystem that was to be frozen or synced; the others are listed by reason. */
void frost_fs_table_draw(FrostPage *page, const FrostRecord *record);
void frost_hook_table_draw(FrostPage *page, const FrostRecord *record);
