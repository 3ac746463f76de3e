/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * hook-rehearsal.h - the hooks as a freeze runs them, without a freeze
 *
 * The agent, if one runs, and its ledger know nothing of it.
 */

#include <stdbool.h>

#include "config.h"

/**
 * frost_hook_rehearse: prints what each hook says, as it ends
 * @json: prints it all at the end instead, as one line
 * @thaw_only: calls the thaw sides; else the freeze sides and then, in reverse, the thaw sides
 * @hold_s: seconds between both
 *
 * SIGINT and SIGTERM end the freeze sides; the thaw sides run all the same. The exit status
 * (cli.h): an error where a hook failed or was refused, nothing where there is none.
 */
int frost_hook_rehearse(const FrostConfig *config, bool thaw_only, unsigned hold_s, bool json);
