/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * utf8.h - code points in and out of the modified UTF-8 of this protocol
 *
 * Here U+0000 is the two bytes C0 80, so that it can stand in a C string (protocol 2.2).
 */

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/**
 * qga_utf8_decode:
 * @bytes, @available: at least one byte
 * @out_length: how many bytes were taken, at least one, also where they mean nothing
 *
 * Returns the code point, or -1 for anything but the shortest form of a Unicode character:
 * surrogates and non-characters are refused too.
 */
int32_t qga_utf8_decode(const char *bytes, size_t available, size_t *out_length);

/* Whether this may be written in a string: no surrogate, no non-character, in range. */
bool qga_utf8_is_character(uint32_t code_point);

void qga_utf8_append(GString *out, uint32_t code_point);
