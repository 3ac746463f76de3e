/* SPDX-License-Identifier: MIT */
#include "record-journal.h"

#include <syslog.h>

#include "datagram.h"
#include "log.h"
#include "record-form.h"

#define JOURNAL "/run/systemd/journal/socket"

char *
frost_record_sentence(const FrostRecord *record)
{
    double ms = (double)MAX(frost_record_window_us(record), 0) / 1000;

    return g_strdup_printf("freeze %s held %u filesystem%s for %.1f ms: %s%s%s",
                           record->id ? record->id : "", record->count,
                           record->count == 1 ? "" : "s", ms, frost_end_name(record->end),
                           record->error ? ": " : "", record->error ? record->error : "");
}

/* Adds a field. A line break in the value becomes a blank: it would need another format. */
static void
put(GString *entry, const char *name, const char *value)
{
    g_autofree char *line = g_strdelimit(g_strdup(value ? value : ""), "\n", ' ');

    g_string_append_printf(entry, "%s=%s\n", name, line);
}

static void
put_number(GString *entry, const char *name, int64_t value)
{
    g_string_append_printf(entry, "%s=%" G_GINT64_FORMAT "\n", name, MAX(value, 0));
}

static bool
went_well(const FrostRecord *record)
{
    return !record->error &&
           (record->end == FROST_END_HOST || record->end == FROST_END_NOTHING_FROZEN);
}

static void
put_counts(GString *entry, const FrostRecord *record)
{
    FrostRecordFacts facts = frost_record_facts(record);

    put_number(entry, "FROST_GA_COUNT", record->count);
    put_number(entry, "FROST_GA_LEFT_OUT", facts.left_out);
    put_number(entry, "FROST_GA_NOT_HELD", facts.not_held);
    put_number(entry, "FROST_GA_HOOKS_FAILED", facts.hooks_failed);
    put_number(entry, "FROST_GA_WINDOW_US", frost_record_window_us(record));
    put_number(entry, "FROST_GA_SYNC_US", facts.sync_us);
    put_number(entry, "FROST_GA_STALL_US", facts.stall_us);
}

void
frost_record_journal(const FrostRecord *record)
{
    g_autofree char *sentence = frost_record_sentence(record);
    g_autoptr(GString) entry = g_string_new("SYSLOG_IDENTIFIER=frost-ga\n"
                                            "MESSAGE_ID=" FROST_RECORD_MESSAGE_ID "\n");

    put(entry, "MESSAGE", sentence);
    put_number(entry, "PRIORITY", went_well(record) ? LOG_INFO : LOG_WARNING);
    put(entry, "FROST_GA_ID", record->id);
    put(entry, "FROST_GA_END", frost_form_ends[record->end]);
    put(entry, "FROST_GA_ERROR", record->error);
    put_counts(entry, record);
    if (!frost_datagram_send(JOURNAL, entry->str, entry->len))
        frost_slog("%s", sentence);
}
