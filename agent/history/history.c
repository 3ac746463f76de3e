/* SPDX-License-Identifier: MIT */
#include "history.h"

#include "frost-build.h"
#include "history-text.h"
#include "record-json.h"
#include "state-file.h"

static void
free_record(gpointer data)
{
    frost_record_free(data);
}

typedef GPtrArray *Parse(const char *text, size_t length, FrostTotals **out_totals, GError **error);

/* What @parse makes of the file, a list of items that @free_item frees; an empty one if there is no
 * file. */
static GPtrArray *
load(const char *statedir, Parse *parse, GDestroyNotify free_item, FrostTotals **out_totals,
     GError **error)
{
    g_autoptr(GString) text = NULL;

    *out_totals = NULL;
    if (!frost_state_file_read(statedir, FROST_HISTORY_NAME, FROST_HISTORY_MAX_BYTES, &text, error))
        return NULL;
    if (!text) {
        *out_totals = frost_totals_new();
        return g_ptr_array_new_with_free_func(free_item);
    }
    GPtrArray *items = parse(text->str, text->len, out_totals, error);
    if (!items)
        g_prefix_error(error, "cannot use %s/%s: ", statedir, FROST_HISTORY_NAME);
    return items;
}

GPtrArray *
frost_history_load_all(const char *statedir, FrostTotals **out_totals, GError **error)
{
    return load(statedir, frost_history_parse, free_record, out_totals, error);
}

GPtrArray *
frost_history_load(const char *statedir, GError **error)
{
    g_autoptr(FrostTotals) totals = NULL;

    return frost_history_load_all(statedir, &totals, error);
}

bool
frost_history_add(const char *statedir, const FrostRecord *record, GError **error)
{
    if (!FROST_KEEPS_HISTORY)
        return true;

    g_autoptr(GError) unread = NULL;
    g_autoptr(FrostTotals) totals = NULL;
    g_autoptr(GPtrArray) texts = load(statedir, frost_history_texts, g_free, &totals, &unread);

    if (!texts) {
        g_warning("%s; a new history of freezes is begun", unread->message);
        texts = g_ptr_array_new_with_free_func(g_free);
        totals = frost_totals_new();
    }
    frost_totals_count(totals, record);
    g_ptr_array_insert(texts, 0, frost_record_print(record));
    g_autoptr(GString) whole = frost_history_print(texts, totals);
    return frost_state_file_write(statedir, FROST_HISTORY_NAME, whole, error);
}
