/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * events.h - a framer whose events are written down
 *
 * A message is the line "= TEXT", an error the line "! DESC".
 */

#include <glib.h>
#include <stddef.h>

#include "frame.h"

typedef struct {
    const char *input;
    size_t length;
    const char *events;
} EventsRow;

/* @input is a literal, which may contain NUL. */
#define ROW(input, events) ((EventsRow){(input), sizeof(input) - 1, (events)})

/* Appends to @events, which is also the user of the framer. */
QgaFrame *events_frame_new(size_t max_bytes, GString *events);

/* Every row, in one piece, cut in two at every place, and byte by byte. */
void events_check(const EventsRow *rows, size_t count, size_t max_bytes);
