/* SPDX-License-Identifier: MIT */
#include "base64.h"

#include <stdbool.h>
#include <string.h>

#include "request.h"

typedef struct {
    uint32_t bits;
    unsigned digits;  /* how many digits of the current group of four were read */
    unsigned padding; /* how many characters of padding were read */
} Decoder;

static int
digit_of(char c)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    return c == '+' ? 62 : c == '/' ? 63 : -1;
}

/* Takes the next character. False: @c is not allowed there. */
static bool
take(Decoder *self, char c, GByteArray *bytes)
{
    int digit = c == '=' ? 0 : digit_of(c);

    if (digit < 0 || (c != '=' && self->padding > 0) ||
        (c == '=' && (self->digits < 2 || self->padding == 2)))
        return false;
    self->padding += c == '=';
    self->bits = self->bits << 6 | (uint32_t)digit;
    if (++self->digits < 4)
        return true;

    const guint8 three[] = {(guint8)(self->bits >> 16), (guint8)(self->bits >> 8),
                            (guint8)self->bits};
    g_byte_array_append(bytes, three, 3 - self->padding);
    self->digits = 0;
    self->bits = 0;
    return true;
}

GBytes *
qga_base64_decode(const char *text, GError **error)
{
    Decoder decoder = {0};
    g_autoptr(GByteArray) bytes = g_byte_array_sized_new((guint)(strlen(text) / 4 * 3 + 3));

    for (const char *c = text; *c; c++) {
        if (*c == '\n' || *c == '\r')
            continue;
        if (!take(&decoder, *c, bytes)) {
            g_set_error(error, QGA_ERROR, QGA_ERROR_GENERIC,
                        "Base64 data contains invalid characters");
            return NULL;
        }
    }
    if (decoder.digits != 0) {
        g_set_error(error, QGA_ERROR, QGA_ERROR_GENERIC, "Base64 data is cut off");
        return NULL;
    }
    return g_byte_array_free_to_bytes(g_steal_pointer(&bytes));
}

QgaValue *
qga_base64_value(const uint8_t *bytes, size_t length)
{
    g_autofree char *text = g_base64_encode(bytes, length);

    return qga_value_new_string(text);
}
