/* SPDX-License-Identifier: MIT */

/*
 * print.c - the part of json.h that prints values, in qemu-ga's style
 */

#include <float.h>
#include <math.h>
#include <string.h>

#include "json.h"
#include "utf8.h"

static void
print_unit(GString *out, unsigned unit)
{
    g_string_append_printf(out, "\\u%04X", unit);
}

static void
print_code_point(GString *out, uint32_t code_point)
{
    static const char letters[] = "bfnrt\\\"";
    static const char meanings[] = "\b\f\n\r\t\\\"";
    const char *known = NULL;

    if (code_point > 0 && code_point < 0x80)
        known = strchr(meanings, (int)code_point);
    if (known) {
        g_string_append_c(out, '\\');
        g_string_append_c(out, letters[known - meanings]);
    } else if (code_point >= 0x20 && code_point < 0x7F) {
        g_string_append_c(out, (char)code_point);
    } else if (code_point <= 0xFFFF) {
        print_unit(out, code_point);
    } else {
        print_unit(out, 0xD800 + ((code_point - 0x10000) >> 10));
        print_unit(out, 0xDC00 + ((code_point - 0x10000) & 0x3FF));
    }
}

void
qga_value_print_string(const char *string, GString *out)
{
    const char *end = string + strlen(string);

    g_string_append_c(out, '"');
    while (string < end) {
        size_t length;
        int32_t code_point = qga_utf8_decode(string, (size_t)(end - string), &length);

        print_code_point(out, code_point >= 0 ? (uint32_t)code_point : 0xFFFD);
        string += length;
    }
    g_string_append_c(out, '"');
}

static void
print_integer(const QgaValue *self, GString *out)
{
    int64_t value;
    uint64_t large;

    if (qga_value_get_int(self, &value))
        g_string_append_printf(out, "%" G_GINT64_FORMAT, value);
    else if (qga_value_get_uint(self, &large))
        g_string_append_printf(out, "%" G_GUINT64_FORMAT, large);
}

static void
print_number(double value, GString *out)
{
    char digits[G_ASCII_DTOSTR_BUF_SIZE];

    if (isnan(value)) {
        g_string_append(out, "null");
        return;
    }
    g_ascii_formatd(digits, sizeof digits, "%.17g", CLAMP(value, -DBL_MAX, DBL_MAX));
    g_string_append(out, digits);
}

static void
print_array(const QgaValue *self, GString *out)
{
    g_string_append_c(out, '[');
    for (size_t i = 0; i < qga_value_length(self); i++) {
        if (i > 0)
            g_string_append(out, ", ");
        qga_value_print(qga_value_at(self, i), out);
    }
    g_string_append_c(out, ']');
}

static void
print_object(const QgaValue *self, GString *out)
{
    QgaMember member = {0};
    const char *before = "";

    g_string_append_c(out, '{');
    while (qga_value_next(self, &member)) {
        g_string_append(out, before);
        qga_value_print_string(member.name, out);
        g_string_append(out, ": ");
        qga_value_print(member.value, out);
        before = ", ";
    }
    g_string_append_c(out, '}');
}

void
qga_value_print(const QgaValue *self, GString *out)
{
    switch (qga_value_kind(self)) {
    case QGA_KIND_NULL:
        g_string_append(out, "null");
        break;
    case QGA_KIND_BOOL:
        g_string_append(out, qga_value_get_bool(self) ? "true" : "false");
        break;
    case QGA_KIND_INTEGER:
        print_integer(self, out);
        break;
    case QGA_KIND_NUMBER:
        print_number(qga_value_get_number(self), out);
        break;
    case QGA_KIND_STRING:
        qga_value_print_string(qga_value_get_string(self), out);
        break;
    case QGA_KIND_ARRAY:
        print_array(self, out);
        break;
    case QGA_KIND_OBJECT:
        print_object(self, out);
        break;
    }
}
