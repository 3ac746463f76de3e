/* SPDX-License-Identifier: MIT */
#include "status-report.h"

#include "history.h"
#include "page.h"
#include "text.h"
#include "timeline.h"

/* How long something is frozen already; -1 where nothing is, or that is not known. */
static int64_t
frozen_for_us(const FrostStatus *status)
{
    if (status->peek->state != FROST_PEEK_FROZEN || status->peek->freeze_begun_us <= 0)
        return -1;
    return frost_record_span_us(status->peek->freeze_begun_us, status->now_us);
}

static char *
describe_frozen(const FrostStatus *status)
{
    const GPtrArray *held = status->peek->mount_points;
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
    switch (status->peek->state) {
    case FROST_PEEK_IDLE:
        break;
    case FROST_PEEK_UNDER_WAY:
        return g_strdup("Now: a freeze is under way, nothing is frozen by it at this moment");
    case FROST_PEEK_FROZEN:
        return describe_frozen(status);
    case FROST_PEEK_UNKNOWN:
        return g_strconcat("Now: not known: ", status->peek->reason, NULL);
    }
    return g_strdup("Now: nothing is frozen by frost-ga");
}

static void
add_last(FrostPage *page, const FrostRecord *record, GTimeZone *zone)
{
    g_autofree char *began = frost_timeline_began(record, zone);
    g_autofree char *title = g_strconcat("Last freeze: ", began, NULL);

    g_string_append_c(page->out, '\n');
    frost_page_add_styled(page, FROST_STYLE_TITLE, title);
    g_string_append_c(page->out, '\n');
    frost_timeline_draw(record, zone, page->colour, page->out);
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
    if (status->records->len == 0)
        g_string_append(page.out, "No freeze has been recorded.\n");
    else
        add_last(&page, g_ptr_array_index(status->records, 0), zone);
    add_earlier(&page, status->records, zone);
    return g_string_free(page.out, FALSE);
}

static QgaValue *
now_to_value(const FrostStatus *status)
{
    const FrostPeek *peek = status->peek;
    QgaValue *now = qga_value_new_object();
    QgaValue *held = qga_value_new_array();
    int64_t us = frozen_for_us(status);

    for (guint i = 0; i < peek->mount_points->len; i++)
        qga_value_append(held, qga_value_new_string(g_ptr_array_index(peek->mount_points, i)));
    qga_value_set(now, "state", qga_value_new_string(frost_peek_state_name(peek->state)));
    qga_value_set(now, "reason",
                  peek->reason ? qga_value_new_string(peek->reason) : qga_value_new_null());
    qga_value_set(now, "mount_points", held);
    qga_value_set(now, "frozen_for_us", us < 0 ? qga_value_new_null() : qga_value_new_int(us));
    return now;
}

QgaValue *
frost_status_to_value(const FrostStatus *status)
{
    QgaValue *document = frost_history_to_value(status->records);

    qga_value_set(document, "now", now_to_value(status));
    return document;
}
