/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * agent-config.h - how an agent of this machine is configured
 */

#include "config.h"

/* Of an agent that is started with these options: its own ones, without a name in front. QGA_CONF
 * counts as it does there. A wrong option has been told on standard output as well. */
FrostConfig *frost_cli_config_of(const char *const *options, GError **error);
/* Those of them that are no options; g_strfreev() them. */
char **frost_cli_operands_of(const char *const *options);
/* Of one that is started without options; @file: (nullable): another config file. */
FrostConfig *frost_cli_config(const char *file, GError **error);
