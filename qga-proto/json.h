/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * json.h - JSON values; the only header behind which json-c is known
 *
 * A QgaValue is counted: constructors give one reference, containers take the reference handed to
 * them. JSON's null is a value of its own kind, never a NULL pointer.
 */

#include <glib.h>
#include <stdbool.h>
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
