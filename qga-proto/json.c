/* SPDX-License-Identifier: MIT */

#include "json.h"

#include <json-c/json.h>

/* json-c counts levels instead of brackets, and a scalar is one more. The framer's limit of 1024 is
 * reached first. */
#define TOKENER_DEPTH 1026

#define MAX_TEXT (1 << 30)

/* json-c has a NULL pointer for null. Callers get the address of this instead. */
static const char null_value;

static QgaValue *
wrap(json_object *object)
{
    return object ? (QgaValue *)object : (QgaValue *)&null_value;
}

static json_object *
unwrap(const QgaValue *self)
{
    return self == (const QgaValue *)&null_value ? NULL : (json_object *)self;
}

QgaValue *
qga_value_new_null(void)
{
    return wrap(NULL);
}

QgaValue *
qga_value_new_bool(bool value)
{
    return wrap(json_object_new_boolean(value));
}

QgaValue *
qga_value_new_int(int64_t value)
{
    return wrap(json_object_new_int64(value));
}

QgaValue *
qga_value_new_uint(uint64_t value)
{
    return wrap(json_object_new_uint64(value));
}

QgaValue *
qga_value_new_number(double value)
{
    return wrap(json_object_new_double(value));
}

QgaValue *
qga_value_new_string(const char *value)
{
    return wrap(json_object_new_string(value));
}

QgaValue *
qga_value_new_array(void)
{
    return wrap(json_object_new_array());
}

QgaValue *
qga_value_new_object(void)
{
    return wrap(json_object_new_object());
}

QgaValue *
qga_value_ref(const QgaValue *self)
{
    return wrap(json_object_get(unwrap(self)));
}

void
qga_value_unref(QgaValue *self)
{
    if (self)
        json_object_put(unwrap(self));
}

QgaKind
qga_value_kind(const QgaValue *self)
{
    switch (json_object_get_type(unwrap(self))) {
    case json_type_null:
        break;
    case json_type_boolean:
        return QGA_KIND_BOOL;
    case json_type_int:
        return QGA_KIND_INTEGER;
    case json_type_double:
        return QGA_KIND_NUMBER;
    case json_type_string:
        return QGA_KIND_STRING;
    case json_type_array:
        return QGA_KIND_ARRAY;
    case json_type_object:
        return QGA_KIND_OBJECT;
    }
    return QGA_KIND_NULL;
}

bool
qga_value_get_bool(const QgaValue *self)
{
    return json_object_get_boolean(unwrap(self));
}

/* json-c clamps an integer to the range of the getter. So the largest value of a range may stand
 * for one that does not fit; the getter of the other range shows which it is. */
bool
qga_value_get_int(const QgaValue *self, int64_t *out)
{
    int64_t value = json_object_get_int64(unwrap(self));

    if (value == INT64_MAX && json_object_get_uint64(unwrap(self)) > INT64_MAX)
        return false;
    *out = value;
    return true;
}

bool
qga_value_get_uint(const QgaValue *self, uint64_t *out)
{
    if (json_object_get_int64(unwrap(self)) < 0)
        return false;
    *out = json_object_get_uint64(unwrap(self));
    return true;
}

double
qga_value_get_number(const QgaValue *self)
{
    return json_object_get_double(unwrap(self));
}

const char *
qga_value_get_string(const QgaValue *self)
{
    return json_object_get_string(unwrap(self));
}

void
qga_value_append(QgaValue *array, QgaValue *item)
{
    json_object_array_add(unwrap(array), unwrap(item));
}

size_t
qga_value_length(const QgaValue *array)
{
    return json_object_array_length(unwrap(array));
}

const QgaValue *
qga_value_at(const QgaValue *array, size_t index)
{
    return wrap(json_object_array_get_idx(unwrap(array), index));
}

void
qga_value_set(QgaValue *object, const char *name, QgaValue *member)
{
    json_object_object_add(unwrap(object), name, unwrap(member));
}

void
qga_value_set_bool(QgaValue *object, const char *name, bool value)
{
    qga_value_set(object, name, qga_value_new_bool(value));
}

void
qga_value_set_int(QgaValue *object, const char *name, int64_t value)
{
    qga_value_set(object, name, qga_value_new_int(value));
}

void
qga_value_set_uint(QgaValue *object, const char *name, uint64_t value)
{
    qga_value_set(object, name, qga_value_new_uint(value));
}

void
qga_value_set_natural(QgaValue *object, const char *name, int64_t value)
{
    qga_value_set(object, name, value < 0 ? qga_value_new_null() : qga_value_new_int(value));
}

void
qga_value_set_string(QgaValue *object, const char *name, const char *value)
{
    qga_value_set(object, name, value ? qga_value_new_string(value) : qga_value_new_null());
}

void
qga_value_set_text(QgaValue *object, const char *name, const char *value)
{
    g_autofree char *valid = value ? g_utf8_make_valid(value, -1) : NULL;

    qga_value_set_string(object, name, valid);
}

const QgaValue *
qga_value_get(const QgaValue *object, const char *name)
{
    json_object *member;

    return json_object_object_get_ex(unwrap(object), name, &member) ? wrap(member) : NULL;
}

/* member->place: the entry of json-c's table. */
bool
qga_value_next(const QgaValue *object, QgaMember *member)
{
    const struct lh_entry *last = member->place;
    struct lh_entry *entry = last ? last->next : json_object_get_object(unwrap(object))->head;

    if (!entry)
        return false;
    member->place = entry;
    member->name = lh_entry_k(entry);
    member->value = wrap(lh_entry_v(entry));
    return true;
}

/* A tokener takes, and clears, 56 bytes for each level that it may have to go down. */
static int
depth_for(const char *text, size_t length)
{
    int depth = 2;

    for (size_t i = 0; i < length && depth < TOKENER_DEPTH; i++)
        depth += text[i] == '{' || text[i] == '[';
    return depth;
}

QgaValue *
qga_value_parse(const char *text, size_t length)
{
    if (length > MAX_TEXT)
        return NULL;

    json_tokener *tokener = json_tokener_new_ex(depth_for(text, length));
    /* The text is passed with its NUL, which ends a number. */
    json_object *object = json_tokener_parse_ex(tokener, text, (int)length + 1);
    bool parsed = json_tokener_get_error(tokener) == json_tokener_success;

    json_tokener_free(tokener);
    if (parsed)
        return wrap(object);
    json_object_put(object);
    return NULL;
}
