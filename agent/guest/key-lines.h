/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * key-lines.h - reads and changes the text of an authorized_keys file; pure
 *
 * All other lines stay as they are, with comments, options, blank lines and their order.
 */

#include <glib.h>
#include <stdbool.h>

/* True if @key is one line, and not a comment. */
bool frost_key_is_line(const char *key);
/* The lines of @text, without blank lines and comments; g_strfreev() them. */
char **frost_key_lines_list(const char *text);
/* @text with those @keys appended that it does not have; g_free() it. */
char *frost_key_lines_add(const char *text, const char *const *keys);
char *frost_key_lines_remove(const char *text, const char *const *keys);
