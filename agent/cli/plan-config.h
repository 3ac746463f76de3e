/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * plan-config.h - the filesystems that the agent is configured to freeze
 */

#include "config.h"
#include "plan.h"

/* The real kernel, with the mount namespace of mounts-of. */
FrostSys frost_cli_sys_of_config(const FrostConfig *config);
FrostPlanMode frost_cli_mode_of_config(const FrostConfig *config);
/* The strings are borrowed from @config. */
FrostPlanFilter frost_cli_filter_of_config(const FrostConfig *config);
