/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * options.h - the command line
 */

#include "config.h"

/* What the command line asks for. */
typedef enum {
    FROST_ACTION_RUN,
    FROST_ACTION_DUMP, /* -D: print frost_config_dump() and exit 0 */
    FROST_ACTION_EXIT, /* -h, -V, -b help: all is printed, exit 0 */
} FrostAction;

/* The last -c of the command line, or NULL; g_free() it. Errors are left to
 * frost_config_read_options(). */
char *frost_config_find_file(int argc, char **argv);

/* The words of @argv that are neither options nor their values, g_strfreev() them. The agent
 * ignores them; commands such as plan use them. */
char **frost_config_operands(int argc, char **argv);

/**
 * frost_config_read_options:
 *
 * Overwrites in @self what the options set, in their order. Prints what -h, -V and
 * `-b help` ask for, and what is wrong with an option.
 */
bool frost_config_read_options(FrostConfig *self, int argc, char **argv,
                               const char *const *commands, FrostAction *out_action,
                               GError **error);
