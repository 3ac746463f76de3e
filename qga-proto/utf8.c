/* SPDX-License-Identifier: MIT */

#include "utf8.h"

/* How many bytes a character has by its lead byte. The old forms of five and six bytes count, so
 * that all bytes of one are refused together. */
static size_t
announced(uint8_t lead)
{
    if (lead < 0xC0 || lead >= 0xFE)
        return 1;
    if (lead < 0xE0)
        return 2;
    if (lead < 0xF0)
        return 3;
    if (lead < 0xF8)
        return 4;
    return lead < 0xFC ? 5 : 6;
}

bool
qga_utf8_is_character(uint32_t code_point)
{
    if (code_point > 0x10FFFF || (code_point >= 0xD800 && code_point <= 0xDFFF))
        return false;
    if (code_point >= 0xFDD0 && code_point <= 0xFDEF)
        return false;
    return (code_point & 0xFFFE) != 0xFFFE;
}

int32_t
qga_utf8_decode(const char *bytes, size_t available, size_t *out_length)
{
    static const uint32_t smallest[] = {0, 0, 0x80, 0x800, 0x10000};
    uint8_t lead = (uint8_t)bytes[0];
    size_t length = announced(lead);
    size_t got = 1;

    while (got < length && got < available && ((uint8_t)bytes[got] & 0xC0) == 0x80)
        got++;
    *out_length = got;

    if (lead < 0x80)
        return lead;
    if (length == 1 || length > 4 || got < length)
        return -1;

    uint32_t code_point = lead & (0x7F >> length);
    for (size_t i = 1; i < length; i++)
        code_point = code_point << 6 | ((uint8_t)bytes[i] & 0x3F);

    if (code_point == 0 && length == 2)
        return 0;
    if (code_point < smallest[length] || !qga_utf8_is_character(code_point))
        return -1;
    return (int32_t)code_point;
}

void
qga_utf8_append(GString *out, uint32_t code_point)
{
    if (code_point == 0)
        g_string_append_len(out, "\xC0\x80", 2);
    else
        g_string_append_unichar(out, code_point);
}
