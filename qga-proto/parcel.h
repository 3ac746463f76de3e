/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * parcel.h - a value as bytes that another process can take without parsing text
 *
 * The process that parses the host's JSON (agent/parser) hands its values over in this form, and
 * may have been broken into. So the reader trusts no length, kind or byte. A parcel is one value:
 *
 *   null, false, true   the kind
 *   integer             the kind, eight bytes; one kind for those that are negative, or fit both
 *                       int64_t and uint64_t, another for those that fit only uint64_t
 *   number              the kind, the eight bytes of a double
 *   string              the kind, its length, its bytes
 *   array               the kind, how many items, the items
 *   object              the kind, how many members, and for each its name (as a string without
 *                       the kind) and its value
 *
 * A length or count has four bytes. All is in the byte order of the machine.
 */

#include "json.h"

/* How many arrays and objects may be inside each other: what the framer lets pass. */
#define QGA_PARCEL_DEPTH 1024u

/* Appends the parcel of @value. */
void qga_parcel_write(const QgaValue *value, GByteArray *out);
/* True if qga_parcel_read() would read it: it is one whole value and nothing else, not too deep,
 * with strings of characters only. Takes no memory. */
bool qga_parcel_is_sound(const uint8_t *bytes, size_t length);
/* NULL: it is not sound. */
QgaValue *qga_parcel_read(const uint8_t *bytes, size_t length);
