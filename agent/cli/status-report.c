/* SPDX-License-Identifier: MIT */
#include "status-report.h"

#include "agent-processes.h"
#include "page.h"
#include "text.h"
#include "timeline.h"

/* For how long filesystems have been frozen; -1: none is, or it is not known. */
static int64_t
frozen_for_us(const FrostStatus *status)
{
    if (status->snapshot->state != FROST_SNAPSHOT_FROZEN || status->snapshot->freeze_begun_us <= 0)
        return -1;
    return frost_record_span_us(status->snapshot->freeze_begun_us, status->now_us);
}

static char *
describe_frozen(const FrostStatus *status)
{
    const GPtrArray *held = status->snapshot->mount_points;
    GString *text = g_string_new(NULL);
    int64_t us = frozen_for_us(status);

    g_string_append_printf(text, "Now: %u filesystem%s frozen", held->len,
                           held->len == 1 ? " is" : "s are");
    if (us >= 0) {
        g_autofree char *duration = frost_text_duration(us);

        g_string_append_printf(text, ", for %s", duration);
    }
    for (guint i = 0; i < held->len; i++)
        g_string_append_printf(text, "%s %s", i == 0 ? ":" : ",",
                               (char *)g_ptr_array_index(held, i));
    return g_string_free(text, FALSE);
}

static char *
describe_now(const FrostStatus *status)
{
    switch (status->snapshot->state) {
    case FROST_SNAPSHOT_IDLE:
        break;
    case FROST_SNAPSHOT_UNDER_WAY:
        return g_strdup("Now: a freeze is under way, nothing is frozen by it at this moment");
    case FROST_SNAPSHOT_FROZEN:
        return describe_frozen(status);
    case FROST_SNAPSHOT_UNKNOWN:
        return g_strconcat("Now: not known: ", status->snapshot->reason, NULL);
    }
    return g_strdup("Now: nothing is frozen by frost-ga");
}

static void
add_processes(FrostPage *page, const GPtrArray *processes)
{
    for (guint i = 0; i < processes->len; i++) {
        g_autofree char *text = frost_process_rights_describe(g_ptr_array_index(processes, i));

        frost_text_wrap(page->out, text, 0, 4);
    }
    if (frost_process_rights_find(processes, FROST_ROLE_AGENT) &&
        !frost_process_rights_find(processes, FROST_ROLE_PARSER))
        g_string_append(page->out, "Parser: none now\n");
}

static void
add_last(FrostPage *page, const FrostRecord *record, GTimeZone *zone)
{
    g_autofree char *began = frost_timeline_began(record, zone);
    g_autofree char *title = g_strconcat("Last freeze: ", began, NULL);

    g_string_append_c(page->out, '\n');
    frost_page_add_styled(page, FROST_STYLE_TITLE, title);
    g_string_append_c(page->out, '\n');
    frost_timeline_draw(record, page->colour, page->out);
}

static void
add_earlier(FrostPage *page, const GPtrArray *records, GTimeZone *zone)
{
    if (records->len > 1) {
        g_string_append_c(page->out, '\n');
        frost_page_add_styled(page, FROST_STYLE_TITLE,
                              "Earlier freezes          frozen     window");
        g_string_append_c(page->out, '\n');
    }
    for (guint i = 1; i < records->len; i++) {
        const FrostRecord *record = g_ptr_array_index(records, i);
        g_autofree char *began = frost_timeline_began(record, zone);
        g_autofree char *window = frost_text_duration(frost_record_window_us(record));

        g_string_append_printf(page->out, "%-25s %5u %10s  %s\n", began, record->count, window,
                               frost_end_name(record->end));
    }
}

char *
frost_status_draw(const FrostStatus *status, GTimeZone *zone, bool colour)
{
    FrostPage page = {g_string_new(NULL), colour};
    g_autofree char *raw_now = describe_now(status);
    g_autofree char *now = frost_text_clean(raw_now);

    frost_text_wrap(page.out, now, 0, 4);
    add_processes(&page, status->processes);
    if (status->records->len == 0)
        g_string_append(page.out, "No freeze has been recorded.\n");
    else
        add_last(&page, g_ptr_array_index(status->records, 0), zone);
    add_earlier(&page, status->records, zone);
    return g_string_free(page.out, FALSE);
}
