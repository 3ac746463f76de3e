/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * load.h - the configuration of an agent with a given command line
 */

#include "options.h"

/**
 * frost_config_load:
 * @commands: (array zero-terminated=1): names for `-b help`, in schema order
 *
 * Reads the config file and then the options of @argv into @self, and sets the
 * default path of the method. Prints what options like -h and -V ask for.
 */
bool frost_config_load(FrostConfig *self, int argc, char **argv, const char *const *commands,
                       FrostAction *out_action, GError **error);
