/* SPDX-License-Identifier: MIT */
#include "timeline.h"

#include "page.h"
#include "text.h"

#define LABEL 9u

static void
add_fact(FrostPage *page, const char *label, const char *raw)
{
    g_autofree char *clean = frost_text_clean(raw);

    frost_text_add_left(page->out, label, LABEL);
    frost_text_wrap(page->out, clean, LABEL, LABEL);
}

char *
frost_timeline_began(const FrostRecord *record, GTimeZone *zone)
{
    g_autoptr(GDateTime) utc =
        g_date_time_new_from_unix_utc(record->began_real_us / G_USEC_PER_SEC);
    g_autoptr(GDateTime) local = utc ? g_date_time_to_timezone(utc, zone) : NULL;

    return local ? g_date_time_format(local, "%Y-%m-%d %H:%M:%S %z")
                 : g_strdup("at an unknown time");
}

static char *
describe_window(const FrostRecord *record)
{
    int64_t window_us = frost_record_window_us(record);
    g_autofree char *length = frost_text_duration(window_us);

    if (record->freeze_begun_us < 0)
        return g_strdup("none: nothing was about to be frozen");
    if (window_us < 0)
        return g_strdup("has not ended in this record");
    return g_strdup_printf("%s from the first FIFREEZE to the last FITHAW", length);
}

static void
add_repeat(FrostPage *page, const FrostRecord *record)
{
    int64_t after_us = frost_record_span_us(record->freeze_begun_us, record->repeated_us);
    g_autofree char *after = frost_text_duration(after_us);
    g_autofree char *text = g_strdup_printf(
        "after %s all were thawed and frozen again, one at a time: %s had not come back, and its "
        "disk completed no request. It may stand on another one in a way that cannot be seen",
        after, record->repeated_for ? record->repeated_for : "one");

    add_fact(page, "repeated", text);
}

static void
add_write_out(FrostPage *page, const FrostRecordWriteOut *write_out)
{
    g_autofree char *size = frost_text_size(write_out->dirty_bytes);
    g_autofree char *expected = frost_text_duration(write_out->expected_us);
    g_autofree char *paced = frost_text_duration(write_out->paced_us);
    g_autoptr(GString) text = g_string_new(NULL);

    g_string_printf(text, "the queues of disks were short for %s", paced);
    if (write_out->dirty_bytes >= 0)
        g_string_append_printf(text, ", %s had to be written", size);
    if (write_out->expected_us >= 0)
        g_string_append_printf(text, ", expected in %s", expected);
    if (write_out->end == FROST_WRITE_OUT_OUTRUN)
        g_string_append(text, "; less short as programs wrote much meanwhile");
    if (write_out->end == FROST_WRITE_OUT_CUT)
        g_string_append(text, "; it did not get to its end");
    add_fact(page, "paced", text->str);
}

static void
add_facts(FrostPage *page, const FrostRecord *record)
{
    g_autofree char *frozen =
        g_strdup_printf("%u filesystem%s, %s", record->count, record->count == 1 ? "" : "s",
                        frost_end_name(record->end));
    g_autofree char *window = describe_window(record);
    g_autofree char *in_all = frost_text_duration(record->ended_us);

    add_fact(page, "frozen", frozen);
    add_fact(page, "window", window);
    if (record->ended_us >= 0)
        add_fact(page, "in all", in_all);
    if (record->error)
        add_fact(page, "error", record->error);
    if (record->degraded)
        add_fact(page, "without", record->degraded);
    if (record->write_out.paced_us >= 0)
        add_write_out(page, &record->write_out);
    if (record->repeated_us >= 0)
        add_repeat(page, record);
    if (record->mounts_of > 0) {
        g_autofree char *whose =
            g_strdup_printf("those that process %u saw, by its names", record->mounts_of);

        add_fact(page, "mounts", whose);
    }
    if (record->mounts_changed)
        add_fact(page, "mounts", "something was mounted or unmounted inside the window");
}

void
frost_timeline_draw(const FrostRecord *record, bool colour, GString *out)
{
    FrostPage page = {out, colour};

    add_facts(&page, record);
    frost_phase_row_draw(&page, record);
    frost_fs_table_draw(&page, record);
    frost_hook_table_draw(&page, record);
}
