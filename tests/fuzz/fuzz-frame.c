/* SPDX-License-Identifier: MIT */

/*
 * fuzz-frame.c - the framer is fed any bytes
 *
 * What must hold: how the bytes are cut changes nothing; a message is a text that json-c takes,
 * and is its own clean form; a refusal has a text.
 */

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "frame.h"
#include "json.h"

#define MAX_BYTES 65536

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
must(bool holds)
{
    if (!holds)
        abort();
}

static void
record_message(void *user, const char *text, size_t length)
{
    must(strlen(text) == length);
    g_string_append_printf(user, "message %s\n", text);
}

static void
record_error(void *user, const char *desc)
{
    must(g_str_has_prefix(desc, "JSON "));
    g_string_append_printf(user, "error %s\n", desc);
}

static const QgaFrameEvents recorder = {record_message, record_error};

/* As above, and the message is looked at. */
static void
check_message(void *user, const char *text, size_t length)
{
    g_autoptr(GString) again = g_string_new(NULL);
    g_autoptr(GString) expected = g_string_new(NULL);
    /* One more byte ends a number at the top; a clean text may be longer than what it came from. */
    g_autoptr(QgaFrame) frame = qga_frame_new(8 * MAX_BYTES, &recorder, again);
    g_autoptr(QgaValue) value = qga_value_parse(text, length);
    g_autoptr(GString) printed = g_string_new(NULL);

    record_message(user, text, length);
    record_message(expected, text, length);
    qga_frame_feed(frame, (const uint8_t *)text, length);
    qga_frame_feed(frame, (const uint8_t *)" ", 1);
    must(g_string_equal(again, expected));

    must(value != NULL);
    qga_value_print(value, printed);
    for (size_t i = 0; i < printed->len; i++)
        must(g_ascii_isprint(printed->str[i]));
}

static const QgaFrameEvents checker = {check_message, record_error};

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    g_autoptr(GString) whole = g_string_new(NULL);
    g_autoptr(GString) cut = g_string_new(NULL);
    g_autoptr(QgaFrame) at_once = qga_frame_new(MAX_BYTES, &checker, whole);
    g_autoptr(QgaFrame) in_pieces = qga_frame_new(MAX_BYTES, &recorder, cut);
    size_t half = size / 2;

    qga_frame_feed(at_once, data, size);

    /* What came before a reset must leave no trace. */
    qga_frame_feed(in_pieces, data, half);
    qga_frame_reset(in_pieces);
    g_string_truncate(cut, 0);
    for (size_t i = 0; i < size; i++)
        qga_frame_feed(in_pieces, data + i, 1);

    must(g_string_equal(whole, cut));
    return 0;
}
