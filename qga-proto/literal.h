/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * literal.h - converts a string or number of the dialect to clean JSON text; private to the framer
 *
 * A value has only one spelling in the clean text, so that equal strings have equal bytes.
 */

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>

/**
 * qga_literal_string:
 * @token: the string with its quotes, from the lexer
 * @out_problem: (transfer full): what is wrong with it; only set on failure
 *
 * Appends the string, double-quoted, to @out. On failure that is incomplete.
 */
bool qga_literal_string(const char *token, size_t length, GString *out, char **out_problem);

/**
 * qga_literal_number:
 * @token: NUL-terminated
 * @is_integer: it has neither a point nor an exponent
 *
 * An integer that fits neither int64 nor uint64 becomes a double. A number beyond the range of
 * double becomes the largest double of its sign, as JSON has no infinity.
 */
void qga_literal_number(const char *token, bool is_integer, GString *out);
