/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * utf8.h - encodes and decodes the modified UTF-8 of this protocol
 *
 * In it U+0000 is the two bytes C0 80, so that a C string can contain it.
 */

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/**
 * qga_utf8_decode:
 * @bytes, @available: at least one byte
 * @out_length: how many bytes were read, at least one, even if they are invalid
 *
 * Returns the code point, or -1 if the bytes are not the shortest form of a Unicode character.
 * Surrogates and non-characters are invalid, too.
 */
int32_t qga_utf8_decode(const char *bytes, size_t available, size_t *out_length);

/* True if a string may contain the code point: it is in range, and no surrogate or non-character.
 */
bool qga_utf8_is_character(uint32_t code_point);

void qga_utf8_append(GString *out, uint32_t code_point);
