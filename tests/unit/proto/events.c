/* SPDX-License-Identifier: MIT */

#include "events.h"

#include "test-support.h"

static void
message(void *user, const char *text, size_t length)
{
    g_string_append(user, "= ");
    g_string_append_len(user, text, (gssize)length);
    g_string_append_c(user, '\n');
}

static void
error(void *user, const char *desc)
{
    g_string_append_printf(user, "! %s\n", desc);
}

QgaFrame *
events_frame_new(size_t max_bytes, GString *events)
{
    static const QgaFrameEvents recorder = {message, error};

    return qga_frame_new(max_bytes, &recorder, events);
}

static void
check_in_steps(const EventsRow *row, size_t max_bytes, size_t first, size_t step)
{
    g_autoptr(GString) events = g_string_new(NULL);
    g_autoptr(QgaFrame) frame = events_frame_new(max_bytes, events);
    const uint8_t *bytes = (const uint8_t *)row->input;

    qga_frame_feed(frame, bytes, first);
    for (size_t i = first; i < row->length; i += step)
        qga_frame_feed(frame, bytes + i, MIN(step, row->length - i));

    if (strcmp(events->str, row->events) != 0)
        fail_msg("%s, cut at %zu and every %zu:\n%sbut expected:\n%s", row->input, first, step,
                 events->str, row->events);
}

void
events_check(const EventsRow *rows, size_t count, size_t max_bytes)
{
    for (size_t i = 0; i < count; i++) {
        for (size_t cut = 0; cut <= rows[i].length; cut++)
            check_in_steps(&rows[i], max_bytes, cut, rows[i].length);
        check_in_steps(&rows[i], max_bytes, 0, 1);
    }
}
