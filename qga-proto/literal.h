/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * literal.h - one string or number of the dialect as clean JSON text; private to the framer
 *
 * Every value has one spelling in the clean text, so that equal strings are equal bytes.
 */

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>

/**
 * qga_literal_string:
 * @token: the string with its quotes, as the lexer found it
 * @out_problem: (transfer full): what is wrong with it (protocol 2.5), set on failure only
 *
 * Appends the double-quoted string to @out; on failure an unfinished one.
 */
bool qga_literal_string(const char *token, size_t length, GString *out, char **out_problem);

/**
 * qga_literal_number:
 * @token: NUL-terminated
 * @is_integer: no point and no exponent
 *
 * An integer that fits neither int64 nor uint64 becomes a double; a double beyond the range of
 * doubles becomes the largest one of its sign, since JSON has no word for infinity.
 */
void qga_literal_number(const char *token, bool is_integer, GString *out);
