/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * plan-config.h - what the agent freezes, as it was configured
 */

#include "config.h"
#include "plan.h"

/* The kernel, with the mounts of mounts-of. */
FrostSys frost_cli_sys_of_config(const FrostConfig *config);
FrostPlanMode frost_cli_mode_of_config(const FrostConfig *config);
/* Its texts are those of @config. */
FrostPlanFilter frost_cli_filter_of_config(const FrostConfig *config);
