/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * hook-config.h - which hooks the agent runs, as it was configured
 */

#include "config.h"
#include "hooks.h"

/* Its texts are those of @config. */
FrostHooksConfig frost_cli_hooks_of_config(const FrostConfig *config);
/* Of FrostHookItem (hook-directory.h), as frost_hook_list() has them; but one program that could
 * not be started, with which every freeze would fail, is refused. NULL: the folder cannot be read.
 */
GPtrArray *frost_cli_hook_list(const FrostHookSource *source, GError **error);
