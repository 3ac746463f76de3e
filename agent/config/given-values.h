/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * given-values.h - all lines of a config file that set a key; GKeyFile only has the last one
 *
 * For lists of commands: a second line with the same key must not allow what the first one blocks.
 */

#include <glib.h>

/**
 * frost_given_values:
 * @text: of a file that GKeyFile has accepted
 *
 * Returns the lines of @group that set @key, in order, each a whole line; g_strfreev() them.
 */
char **frost_given_values(const char *text, const char *group, const char *key);
