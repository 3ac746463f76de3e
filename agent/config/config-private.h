/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * config-private.h - what the files of this box share: the two sources of a configuration
 */

#include "config.h"

/**
 * frost_config_add_list:
 * @text: comma separated; an empty one is no list
 *
 * Appends the items of one source to @list, last item first: the order that qemu-ga's dump shows
 * (protocol 3.3). Empty items between commas are kept, as there.
 */
void frost_config_add_list(GPtrArray *list, const char *text);

/**
 * frost_config_read_file:
 * @must_exist: a missing file is an error; else it is an empty one
 *
 * Reads @path over @self (protocol 3.2). Every error names @path.
 */
bool frost_config_read_file(FrostConfig *self, const char *path, bool must_exist, GError **error);

/* The last -c of the command line, or NULL; g_free() it. Errors are left to the next function. */
char *frost_config_find_file(int argc, char **argv);

/**
 * frost_config_read_options:
 *
 * Reads the options over @self, in order (protocol 3.1). Says itself what -h, -V, `-b help` and
 * a wrong option have to say.
 */
bool frost_config_read_options(FrostConfig *self, int argc, char **argv,
                               const char *const *commands, FrostAction *out_action,
                               GError **error);

/* The text of --help; g_free() it. */
char *frost_config_usage(const char *program);
