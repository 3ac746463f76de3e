/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * agent-config.h - the configuration of an agent on this machine, for the commands
 */

#include "config.h"
#include "running.h"

/* The configuration of an agent that is started with @options (without the program's name), and
 * with QGA_CONF. A wrong option is also reported on standard output. */
FrostConfig *frost_cli_config_of(const char *const *options, GError **error);
/* The configuration of a running agent, from its command line, its environment and the config file
 * that these name. Relative paths start from its working directory. */
FrostConfig *frost_cli_config_of_running(const FrostRunning *agent, GError **error);
/* The words in @options that are not options; g_strfreev() them. */
char **frost_cli_operands_of(const char *const *options);
/* The configuration of an agent that is started without options. @file: (nullable): another config
 * file. */
FrostConfig *frost_cli_config(const char *file, GError **error);
