/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * json.h - JSON values; the only header behind which json-c is known
 *
 * A QgaValue is counted: constructors give one reference, containers take the reference handed to
 * them. JSON's null is a value of its own kind, never a NULL pointer.
 *
 * In strings U+0000 is the two bytes C0 80, here as in the framer's text.
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
/* NULL is allowed. */
void qga_value_unref(QgaValue *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(QgaValue, qga_value_unref)

QgaKind qga_value_kind(const QgaValue *self);

/* The getters below are for values of their kind; an integer is a number, too. */

bool qga_value_get_bool(const QgaValue *self);
/* False, and nothing set, where the integer does not fit. */
bool qga_value_get_int(const QgaValue *self, int64_t *out);
bool qga_value_get_uint(const QgaValue *self, uint64_t *out);
double qga_value_get_number(const QgaValue *self);
const char *qga_value_get_string(const QgaValue *self);

/* Takes @item. */
void qga_value_append(QgaValue *array, QgaValue *item);
size_t qga_value_length(const QgaValue *array);
/* Borrowed. */
const QgaValue *qga_value_at(const QgaValue *array, size_t index);

/* Takes @member; one of that name that was there before is replaced. */
void qga_value_set(QgaValue *object, const char *name, QgaValue *member);
/* Borrowed; NULL if there is no such member, which a null member is not. */
const QgaValue *qga_value_get(const QgaValue *object, const char *name);

/**
 * QgaMember: a place in an object, for walking over its members in their order:
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
 * qga_value_parse: a text that the framer has cleaned
 *
 * Judges nothing: with any other text the result is a value or NULL, but not necessarily the
 * right one. Refuses a text above 1 GiB.
 */
QgaValue *qga_value_parse(const char *text, size_t length);

/* Prints as qemu-ga does, in ASCII without a line break (protocol 2.1). What is no UTF-8 becomes
 * U+FFFD, infinity the largest double, and what is not a number null. */
void qga_value_print(const QgaValue *self, GString *out);
/* Only a string, with its quotes. */
void qga_value_print_string(const char *string, GString *out);
