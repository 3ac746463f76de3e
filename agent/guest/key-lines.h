/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * key-lines.h - the text of an authorized_keys file; pure
 *
 * What is not asked for stays as it is: comments, options, blank lines and their order.
 */

#include <glib.h>
#include <stdbool.h>

/* One line that is no comment. */
bool frost_key_is_line(const char *key);
/* (array zero-terminated=1): without blank lines and comments; g_strfreev() them. */
char **frost_key_lines_list(const char *text);
/* @text with those of @keys at its end that are not in it; g_free() it. */
char *frost_key_lines_add(const char *text, const char *const *keys);
char *frost_key_lines_remove(const char *text, const char *const *keys);
