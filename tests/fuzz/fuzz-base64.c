/* SPDX-License-Identifier: MIT */

/*
 * fuzz-base64.c - bytes as a host writes them
 *
 * What must hold: a text is refused, or it is what encoding its bytes gives, line breaks and the
 * bits of a last digit that stand for nothing aside.
 */

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base64.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
must(bool holds)
{
    if (!holds)
        abort();
}

/* All but the line breaks. */
static size_t
count_digits(const char *text)
{
    size_t digits = 0;

    for (; *text; text++)
        digits += *text != '\n' && *text != '\r';
    return digits;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    g_autofree char *text = g_strndup((const char *)data, size);
    g_autoptr(GError) error = NULL;
    g_autoptr(GBytes) bytes = qga_base64_decode(text, &error);
    size_t length;

    must((bytes == NULL) == (error != NULL));
    if (!bytes)
        return 0;
    const uint8_t *content = g_bytes_get_data(bytes, &length);
    g_autoptr(QgaValue) value = qga_base64_value(content, length);
    const char *again_text = qga_value_get_string(value);
    must(strlen(again_text) == count_digits(text));
    g_autoptr(GBytes) again = qga_base64_decode(again_text, NULL);
    must(again && g_bytes_equal(bytes, again));
    return 0;
}
