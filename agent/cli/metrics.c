/* SPDX-License-Identifier: MIT */
#include "metrics.h"

#include "record-form.h"

static void
begin(GString *out, const char *name, const char *type, const char *help)
{
    g_string_append_printf(out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

/* Backslash, quote and newline are the three that a label's value escapes. */
static void
put_labelled(GString *out, const char *name, const char *label, const char *value, uint64_t number)
{
    g_string_append_printf(out, "%s{%s=\"", name, label);
    for (; *value; value++) {
        if (*value == '\n')
            g_string_append(out, "\\n");
        else if (*value == '\\' || *value == '"')
            g_string_append_printf(out, "\\%c", *value);
        else
            g_string_append_c(out, *value);
    }
    g_string_append_printf(out, "\"} %" G_GUINT64_FORMAT "\n", (guint64)number);
}

static void
put_seconds(GString *out, const char *name, const char *help, int64_t us)
{
    begin(out, name, "gauge", help);
    g_string_append_printf(out, "%s %" G_GINT64_FORMAT ".%06d\n", name, us / G_USEC_PER_SEC,
                           (int)(us % G_USEC_PER_SEC));
}

static void
put_totals(GString *out, const FrostTotals *totals)
{
    const char *freezes = "frost_ga_freezes_total";
    const char *failures = "frost_ga_hook_failures_total";

    begin(out, freezes, "counter", "Freezes since the boot, by what ended them.");
    for (unsigned i = 0; i < FROST_END_NONE; i++)
        put_labelled(out, freezes, "end", frost_form_ends[i], totals->ends[i]);
    begin(out, failures, "counter", "Calls of hooks that failed since the boot, by hook.");
    for (guint i = 0; i < totals->hooks->len; i++) {
        const FrostHookFailures *entry = &g_array_index(totals->hooks, FrostHookFailures, i);

        put_labelled(out, failures, "hook", entry->hook, entry->failures);
    }
    if (totals->last_good_real_us > 0)
        put_seconds(out, "frost_ga_last_good_freeze_timestamp_seconds",
                    "When the last freeze that went well was thawed, since 1970.",
                    totals->last_good_real_us);
}

static void
put_outcomes(GString *out, const FrostRecord *last)
{
    const char *name = "frost_ga_last_freeze_filesystems";
    unsigned counts[FROST_FORM_OUTCOMES] = {0};

    for (guint i = 0; i < last->filesystems->len; i++)
        counts[((const FrostRecordFs *)g_ptr_array_index(last->filesystems, i))->outcome]++;
    begin(out, name, "gauge", "Filesystems of the last freeze, by what became of them.");
    for (unsigned i = 0; i < FROST_FORM_OUTCOMES; i++)
        put_labelled(out, name, "outcome", frost_form_outcomes[i], counts[i]);
}

static void
put_last(GString *out, const FrostRecord *last)
{
    FrostRecordFacts facts = frost_record_facts(last);

    put_seconds(out, "frost_ga_last_freeze_timestamp_seconds",
                "When the last freeze was asked for, since 1970.", last->began_real_us);
    put_seconds(out, "frost_ga_last_freeze_window_seconds",
                "From the first FIFREEZE of the last freeze to its last FITHAW.",
                MAX(frost_record_window_us(last), 0));
    put_seconds(out, "frost_ga_last_freeze_sync_seconds",
                "How long the last freeze wrote data out before it froze.", facts.sync_us);
    put_seconds(out, "frost_ga_last_freeze_stall_seconds",
                "How long one filesystem of the last freeze stood still at most.", facts.stall_us);
    put_outcomes(out, last);
}

char *
frost_metrics_print(const FrostTotals *totals, const FrostRecord *last, bool is_frozen)
{
    GString *out = g_string_new(NULL);

    begin(out, "frost_ga_frozen", "gauge", "Whether filesystems are frozen by frost-ga now.");
    g_string_append_printf(out, "frost_ga_frozen %d\n", is_frozen);
    put_totals(out, totals);
    if (last)
        put_last(out, last);
    return g_string_free(out, FALSE);
}
