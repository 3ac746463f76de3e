/* SPDX-License-Identifier: MIT */

/*
 * fuzz-history.c - any bytes are the file of the history
 *
 * What must hold: it is understood or refused with a reason; what is understood, written and read
 * again says the same, and is small enough to be read again.
 */

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "history.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
must(bool holds)
{
    if (!holds)
        abort();
}

static GString *
print(const GPtrArray *records)
{
    g_autoptr(QgaValue) value = frost_history_to_value(records);
    GString *text = g_string_new(NULL);

    qga_value_print(value, text);
    return text;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) records = frost_history_parse((const char *)data, size, &error);

    must((records != NULL) == (error == NULL));
    if (!records)
        return 0;
    must(records->len <= FROST_HISTORY_LENGTH);

    g_autoptr(GString) text = print(records);
    if (text->len > FROST_HISTORY_MAX_BYTES)
        return 0;
    g_autoptr(GPtrArray) again = frost_history_parse(text->str, text->len, &error);
    must(again != NULL);
    g_autoptr(GString) text_again = print(again);
    must(g_string_equal(text, text_again));
    return 0;
}
