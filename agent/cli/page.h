/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * page.h - the page that a freeze is drawn on, and its parts
 *
 * Colour adds nothing but colour: without it nothing is lost.
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
/* Without blanks before the line break. */
void frost_page_end_line(FrostPage *page);
/* "and N filesystems for which..."; nothing for 0. */
void frost_page_add_omitted(FrostPage *page, unsigned omitted, const char *of_what);

/* The phases side by side: name, length, and a bar whose widths grow with time. */
void frost_phase_row_draw(FrostPage *page, const FrostRecord *record);
/* A row for each filesystem that was to be frozen or synced; the others together, by reason. */
void frost_fs_table_draw(FrostPage *page, const FrostRecord *record);
void frost_hook_table_draw(FrostPage *page, const FrostRecord *record);
