/* SPDX-License-Identifier: MIT */

#include "literal.h"

#include <errno.h>
#include <float.h>
#include <stdint.h>
#include <string.h>

#include "utf8.h"

/* How many bytes of a bad escape an error shows: the four where digits were expected. */
#define SHOWN_DIGITS 4

/* The rest of a token. The closing quote is its last byte, so there is always a byte after a
 * backslash. */
typedef struct {
    const char *at;
    const char *end; /* after the closing quote */
} Rest;

static void
append_character(GString *out, uint32_t code_point)
{
    if (code_point == '"' || code_point == '\\') {
        g_string_append_c(out, '\\');
        g_string_append_c(out, (char)code_point);
    } else if (code_point > 0 && code_point < 0x20) {
        g_string_append_printf(out, "\\u%04X", code_point);
    } else {
        qga_utf8_append(out, code_point);
    }
}

/* Reads the four digits of an escape. @at: after "\u". Returns 16 bits, or -1. */
static int32_t
hex_unit(const char *at, const char *end)
{
    int32_t unit = 0;

    if (end - at < 4)
        return -1;
    for (int i = 0; i < 4; i++) {
        int digit = g_ascii_xdigit_value(at[i]);

        if (digit < 0)
            return -1;
        unit = unit << 4 | digit;
    }
    return unit;
}

/* Reads a second escape, which completes a surrogate pair; -1: there is none. */
static int32_t
low_surrogate(const char *at, const char *end)
{
    if (end - at < 6 || at[0] != '\\' || at[1] != 'u')
        return -1;

    int32_t unit = hex_unit(at + 2, end);
    return unit >= 0xDC00 && unit <= 0xDFFF ? unit : -1;
}

/* @rest: after "\u" */
static bool
take_unicode(Rest *rest, GString *out, char **out_problem)
{
    const char *begin = rest->at;
    int32_t code_point = hex_unit(begin, rest->end);
    size_t length = MIN(SHOWN_DIGITS, (size_t)(rest->end - begin));

    if (code_point >= 0xD800 && code_point <= 0xDBFF) {
        int32_t low = low_surrogate(begin + 4, rest->end);

        if (low >= 0) {
            code_point = 0x10000 + ((code_point - 0xD800) << 10) + (low - 0xDC00);
            length += 6;
        }
    }
    if (code_point < 0 || !qga_utf8_is_character((uint32_t)code_point)) {
        g_autofree char *shown = g_strndup(begin, length);

        *out_problem = g_strconcat("\\u", shown, " is not a valid Unicode character", NULL);
        return false;
    }

    append_character(out, (uint32_t)code_point);
    rest->at += length;
    return true;
}

/* @rest: after the backslash */
static bool
take_escape(Rest *rest, GString *out, char **out_problem)
{
    static const char letters[] = "bfnrt/\\\"'";
    static const char meanings[] = "\b\f\n\r\t/\\\"'";
    char letter = *rest->at++;

    if (letter == 'u')
        return take_unicode(rest, out, out_problem);

    const char *known = strchr(letters, letter);
    if (!known) {
        *out_problem = g_strdup("invalid escape sequence in string");
        return false;
    }
    append_character(out, (uint32_t)meanings[known - letters]);
    return true;
}

static bool
take_character(Rest *rest, GString *out, char **out_problem)
{
    if (*rest->at == '\\') {
        rest->at++;
        return take_escape(rest, out, out_problem);
    }

    size_t length;
    int32_t code_point = qga_utf8_decode(rest->at, (size_t)(rest->end - rest->at), &length);
    if (code_point < 0) {
        *out_problem = g_strdup("invalid UTF-8 sequence in string");
        return false;
    }
    append_character(out, (uint32_t)code_point);
    rest->at += length;
    return true;
}

bool
qga_literal_string(const char *token, size_t length, GString *out, char **out_problem)
{
    Rest rest = {.at = token + 1, .end = token + length};

    g_string_append_c(out, '"');
    while (rest.at < rest.end - 1) {
        if (!take_character(&rest, out, out_problem))
            return false;
    }
    g_string_append_c(out, '"');
    return true;
}

/* With 17 digits every double is read back exactly. A point is added if there is none, so that it
 * is not read back as an integer. */
static void
append_double(GString *out, double value)
{
    char digits[G_ASCII_DTOSTR_BUF_SIZE];

    g_ascii_formatd(digits, sizeof digits, "%.17g", CLAMP(value, -DBL_MAX, DBL_MAX));
    g_string_append(out, digits);
    if (!strpbrk(digits, ".e"))
        g_string_append(out, ".0");
}

void
qga_literal_number(const char *token, bool is_integer, GString *out)
{
    bool negative = token[0] == '-';

    if (is_integer) {
        errno = 0;
        int64_t value = g_ascii_strtoll(token, NULL, 10);

        if (errno == 0) {
            g_string_append_printf(out, "%" G_GINT64_FORMAT, value);
            return;
        }
        errno = 0;
        uint64_t magnitude = g_ascii_strtoull(token, NULL, 10);
        if (!negative && errno == 0) {
            g_string_append_printf(out, "%" G_GUINT64_FORMAT, magnitude);
            return;
        }
    }
    append_double(out, g_ascii_strtod(token, NULL));
}
