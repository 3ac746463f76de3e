/* SPDX-License-Identifier: MIT */

/*
 * fuzz-history.c - any bytes are the file of the history
 *
 * What must hold: it is understood or refused with a reason; what is understood, written and read
 * again says the same, and is small enough to be read again. Read as texts, one record at a time,
 * it has the same records.
 */

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "history-error.h"
#include "history-text.h"
#include "record-json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
must(bool holds)
{
    if (!holds)
        abort();
}

/* As it is written. */
static GString *
print(const GPtrArray *records, const FrostTotals *totals)
{
    g_autoptr(GPtrArray) texts = g_ptr_array_new_with_free_func(g_free);

    for (guint i = 0; i < records->len; i++)
        g_ptr_array_add(texts, frost_record_print(g_ptr_array_index(records, i)));
    return frost_history_print(texts, totals);
}

/* Whatever is read as records is read as texts, too, and says the same. */
static void
read_as_texts(const GString *file, const GString *printed)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(FrostTotals) totals = NULL;
    g_autoptr(GPtrArray) texts = frost_history_texts(file->str, file->len, &totals, &error);

    must((texts != NULL) == (error == NULL));
    must((texts != NULL) == (totals != NULL));
    must(texts || !printed);
    if (printed) {
        g_autoptr(GString) again = frost_history_print(texts, totals);

        must(g_string_equal(again, printed));
    }
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(FrostTotals) totals = NULL;
    g_autoptr(FrostTotals) totals_again = NULL;
    g_autoptr(GString) file = g_string_new_len((const char *)data, (gssize)size);
    g_autoptr(GPtrArray) records = frost_history_parse(file->str, file->len, &totals, &error);

    must((records != NULL) == (error == NULL));
    must((records != NULL) == (totals != NULL));
    if (!records) {
        read_as_texts(file, NULL);
        return 0;
    }
    must(records->len <= FROST_HISTORY_LENGTH);

    g_autoptr(GString) text = print(records, totals);
    must(text->len <= FROST_HISTORY_MAX_BYTES);
    read_as_texts(file, text);
    read_as_texts(text, text);
    g_autoptr(GPtrArray) again = frost_history_parse(text->str, text->len, &totals_again, &error);
    must(again != NULL);
    g_autoptr(GString) text_again = print(again, totals_again);
    must(g_string_equal(text, text_again));
    return 0;
}
