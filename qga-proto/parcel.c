/* SPDX-License-Identifier: MIT */
#include "parcel.h"

#include <math.h>
#include <string.h>

#include "utf8.h"

typedef enum {
    SORT_NULL,
    SORT_FALSE,
    SORT_TRUE,
    SORT_INTEGER,
    SORT_LARGE, /* an integer that fits only uint64_t */
    SORT_NUMBER,
    SORT_STRING,
    SORT_ARRAY,
    SORT_OBJECT,
} Sort;

/* Writing -------------------------------------------------------------------------------------- */

static void
write_sort(GByteArray *out, Sort sort)
{
    uint8_t byte = (uint8_t)sort;

    g_byte_array_append(out, &byte, 1);
}

static void
write_count(GByteArray *out, size_t count)
{
    uint32_t number = (uint32_t)count;

    g_byte_array_append(out, (const uint8_t *)&number, sizeof number);
}

static void
write_eight(GByteArray *out, Sort sort, const void *bytes)
{
    write_sort(out, sort);
    g_byte_array_append(out, bytes, 8);
}

static void
write_text(GByteArray *out, const char *text)
{
    size_t length = strlen(text);

    write_count(out, length);
    g_byte_array_append(out, (const uint8_t *)text, (guint)length);
}

static void
write_integer(const QgaValue *value, GByteArray *out)
{
    int64_t number;
    uint64_t large;

    if (qga_value_get_int(value, &number))
        write_eight(out, SORT_INTEGER, &number);
    else if (qga_value_get_uint(value, &large))
        write_eight(out, SORT_LARGE, &large);
}

static void
write_array(const QgaValue *value, GByteArray *out)
{
    size_t length = qga_value_length(value);

    write_sort(out, SORT_ARRAY);
    write_count(out, length);
    for (size_t i = 0; i < length; i++)
        qga_parcel_write(qga_value_at(value, i), out);
}

static void
write_object(const QgaValue *value, GByteArray *out)
{
    QgaMember member = {0};
    uint32_t count = 0;

    write_sort(out, SORT_OBJECT);
    guint place = out->len;
    write_count(out, 0);
    while (qga_value_next(value, &member)) {
        write_text(out, member.name);
        qga_parcel_write(member.value, out);
        count++;
    }
    memcpy(out->data + place, &count, sizeof count);
}

void
qga_parcel_write(const QgaValue *value, GByteArray *out)
{
    double number;

    switch (qga_value_kind(value)) {
    case QGA_KIND_NULL:
        write_sort(out, SORT_NULL);
        break;
    case QGA_KIND_BOOL:
        write_sort(out, qga_value_get_bool(value) ? SORT_TRUE : SORT_FALSE);
        break;
    case QGA_KIND_INTEGER:
        write_integer(value, out);
        break;
    case QGA_KIND_NUMBER:
        number = qga_value_get_number(value);
        write_eight(out, SORT_NUMBER, &number);
        break;
    case QGA_KIND_STRING:
        write_sort(out, SORT_STRING);
        write_text(out, qga_value_get_string(value));
        break;
    case QGA_KIND_ARRAY:
        write_array(value, out);
        break;
    case QGA_KIND_OBJECT:
        write_object(value, out);
        break;
    }
}

/* Reading -------------------------------------------------------------------------------------- */

/* What is left of a parcel. */
typedef struct {
    const uint8_t *at;
    size_t left;
    unsigned depth;
    bool makes; /* values are made; else the parcel is only checked */
} Cursor;

static bool
take(Cursor *self, void *out, size_t length)
{
    if (self->left < length)
        return false;
    memcpy(out, self->at, length);
    self->at += length;
    self->left -= length;
    return true;
}

/* U+0000 is two bytes, so no byte of a string is 0. */
static bool
is_text(const char *bytes, size_t length)
{
    while (length > 0) {
        size_t one;

        if (*bytes == '\0' || qga_utf8_decode(bytes, length, &one) < 0)
            return false;
        bytes += one;
        length -= one;
    }
    return true;
}

/* @out: (nullable): where the string goes, if values are made; g_free() it. */
static bool
take_text(Cursor *self, char **out)
{
    uint32_t length;

    if (!take(self, &length, sizeof length) || length > self->left)
        return false;
    const char *text = (const char *)self->at;
    if (!is_text(text, length))
        return false;
    if (self->makes)
        *out = g_strndup(text, length);
    self->at += length;
    self->left -= length;
    return true;
}

static bool take_value(Cursor *self, QgaValue **out);

static bool
take_integer(Cursor *self, QgaValue **out)
{
    int64_t number;

    if (!take(self, &number, sizeof number))
        return false;
    if (self->makes)
        *out = qga_value_new_int(number);
    return true;
}

static bool
take_large(Cursor *self, QgaValue **out)
{
    uint64_t number;

    if (!take(self, &number, sizeof number) || number <= INT64_MAX)
        return false;
    if (self->makes)
        *out = qga_value_new_uint(number);
    return true;
}

static bool
take_number(Cursor *self, QgaValue **out)
{
    double number;

    if (!take(self, &number, sizeof number) || isnan(number))
        return false;
    if (self->makes)
        *out = qga_value_new_number(number);
    return true;
}

static bool
take_string(Cursor *self, QgaValue **out)
{
    g_autofree char *text = NULL;

    if (!take_text(self, &text))
        return false;
    if (self->makes)
        *out = qga_value_new_string(text);
    return true;
}

static bool
take_items(Cursor *self, uint32_t count, QgaValue *array)
{
    while (count-- > 0) {
        QgaValue *item;

        if (!take_value(self, &item))
            return false;
        if (array)
            qga_value_append(array, item);
    }
    return true;
}

static bool
take_members(Cursor *self, uint32_t count, QgaValue *object)
{
    while (count-- > 0) {
        g_autofree char *name = NULL;
        QgaValue *member;

        if (!take_text(self, &name) || !take_value(self, &member))
            return false;
        if (object)
            qga_value_set(object, name, member);
    }
    return true;
}

/* Each item takes at least a byte, so a count that is too large ends with the bytes. */
static bool
take_container(Cursor *self, Sort sort, QgaValue **out)
{
    g_autoptr(QgaValue) container = NULL;
    uint32_t count;

    if (self->depth == QGA_PARCEL_DEPTH || !take(self, &count, sizeof count))
        return false;
    if (self->makes)
        container = sort == SORT_ARRAY ? qga_value_new_array() : qga_value_new_object();
    self->depth++;
    bool whole = sort == SORT_ARRAY ? take_items(self, count, container)
                                    : take_members(self, count, container);
    self->depth--;
    if (whole)
        *out = g_steal_pointer(&container);
    return whole;
}

/* On success, if values are made, @out is set. */
static bool
take_value(Cursor *self, QgaValue **out)
{
    uint8_t sort;

    *out = NULL;
    if (!take(self, &sort, 1))
        return false;
    switch ((Sort)sort) {
    case SORT_NULL:
        if (self->makes)
            *out = qga_value_new_null();
        return true;
    case SORT_FALSE:
    case SORT_TRUE:
        if (self->makes)
            *out = qga_value_new_bool(sort == SORT_TRUE);
        return true;
    case SORT_INTEGER:
        return take_integer(self, out);
    case SORT_LARGE:
        return take_large(self, out);
    case SORT_NUMBER:
        return take_number(self, out);
    case SORT_STRING:
        return take_string(self, out);
    case SORT_ARRAY:
    case SORT_OBJECT:
        return take_container(self, (Sort)sort, out);
    }
    return false;
}

bool
qga_parcel_is_sound(const uint8_t *bytes, size_t length)
{
    Cursor cursor = {.at = bytes, .left = length};
    QgaValue *none;

    return take_value(&cursor, &none) && cursor.left == 0;
}

QgaValue *
qga_parcel_read(const uint8_t *bytes, size_t length)
{
    Cursor cursor = {.at = bytes, .left = length, .makes = true};
    QgaValue *value;

    if (!take_value(&cursor, &value))
        return NULL;
    if (cursor.left == 0)
        return value;
    qga_value_unref(value);
    return NULL;
}
