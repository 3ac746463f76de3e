/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * hook-config.h - the hooks that the agent is configured to run
 */

#include "config.h"
#include "hooks.h"

/* The setting of the programs that the agent starts. @open_files: the soft limit before it was
 * raised.
 */
FrostChildSetting frost_cli_children_of_config(const FrostConfig *config, uint64_t open_files);
/* The strings are borrowed from @config. The caller has to fill in the setting. */
FrostHooksConfig frost_cli_hooks_of_config(const FrostConfig *config);
/* As frost_hook_list(), except that a single program that cannot be started is REFUSED, as every
 * freeze would fail. NULL: the folder cannot be read. */
GPtrArray *frost_cli_hook_list(const FrostHookSource *source, GError **error);
