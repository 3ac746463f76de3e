/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * hook-config.h - which hooks the agent runs, as it was configured
 */

#include "config.h"
#include "hooks.h"

/* Its texts are those of @config. */
FrostHooksConfig frost_cli_hooks_of_config(const FrostConfig *config);
