/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * json.h - JSON values; a layer over json-c, which no other code uses
 *
 * A QgaValue has a reference count. Constructors return one reference; containers take ownership of
 * the reference that they are given. JSON's null is a value of its own kind, never a NULL pointer.
 *
 * In strings, U+0000 is the two bytes C0 80, as in the framer's text.
 */

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct QgaValue QgaValue;

typedef enum {
    QGA_KIND_NULL,
    QGA_KIND_BOOL,
    QGA_KIND_INTEGER,
    QGA_KIND_NUMBER,
    QGA_KIND_STRING,
    QGA_KIND_ARRAY,
    QGA_KIND_OBJECT,
} QgaKind;

QgaValue *qga_value_new_null(void);
QgaValue *qga_value_new_bool(bool value);
QgaValue *qga_value_new_int(int64_t value);
QgaValue *qga_value_new_uint(uint64_t value);
QgaValue *qga_value_new_number(double value);
QgaValue *qga_value_new_string(const char *value);
QgaValue *qga_value_new_array(void);
QgaValue *qga_value_new_object(void);

QgaValue *qga_value_ref(const QgaValue *self);
/* @self: (nullable). */
void qga_value_unref(QgaValue *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(QgaValue, qga_value_unref)

QgaKind qga_value_kind(const QgaValue *self);

/* The getters below are for values of their kind; an integer is a number, too. */

bool qga_value_get_bool(const QgaValue *self);
/* False, with @out unchanged: the integer does not fit. */
bool qga_value_get_int(const QgaValue *self, int64_t *out);
bool qga_value_get_uint(const QgaValue *self, uint64_t *out);
double qga_value_get_number(const QgaValue *self);
const char *qga_value_get_string(const QgaValue *self);

/* Takes ownership of @item. */
void qga_value_append(QgaValue *array, QgaValue *item);
size_t qga_value_length(const QgaValue *array);
/* Borrowed. */
const QgaValue *qga_value_at(const QgaValue *array, size_t index);

/* Takes ownership of @member. Replaces a member of the same name. */
void qga_value_set(QgaValue *object, const char *name, QgaValue *member);
/* The same, with a new value. */
void qga_value_set_bool(QgaValue *object, const char *name, bool value);
void qga_value_set_int(QgaValue *object, const char *name, int64_t value);
void qga_value_set_uint(QgaValue *object, const char *name, uint64_t value);
/* Negative: null. */
void qga_value_set_natural(QgaValue *object, const char *name, int64_t value);
/* @value: (nullable): null. */
void qga_value_set_string(QgaValue *object, const char *name, const char *value);
/* The same for what may not be UTF-8, such as a path: other bytes become U+FFFD at once. */
void qga_value_set_text(QgaValue *object, const char *name, const char *value);
/* Borrowed; NULL: there is no such member. A member that is JSON's null is not NULL. */
const QgaValue *qga_value_get(const QgaValue *object, const char *name);

/**
 * QgaMember: an iterator over the members of an object, in their order:
 *
 *     QgaMember member = {0};
 *     while (qga_value_next(object, &member))
 *         ... member.name, member.value (both borrowed)
 *
 * The object must not be changed meanwhile.
 */
typedef struct {
    const char *name;
    const QgaValue *value;
    const void *place; /* private */
} QgaMember;

bool qga_value_next(const QgaValue *object, QgaMember *member);

/**
 * qga_value_parse: parses the clean text of the framer
 *
 * Does not check the text: if it is not clean, the result may be NULL or a wrong value. Refuses a
 * text of more than 1 GiB.
 */
QgaValue *qga_value_parse(const char *text, size_t length);

/* Appends the value as qemu-ga prints it: in ASCII, without a line break. Bytes that
 * are not UTF-8 become U+FFFD, infinity the largest double, and NaN null. */
void qga_value_print(const QgaValue *self, GString *out);
/* The same for a single string, with quotes. */
void qga_value_print_string(const char *string, GString *out);
