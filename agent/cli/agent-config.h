/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * agent-config.h - how the agent of this machine is configured
 */

#include "config.h"

/* Of an agent that is started without options; @file: (nullable): another config file. QGA_CONF
 * counts as it does there. */
FrostConfig *frost_cli_config(const char *file, GError **error);
