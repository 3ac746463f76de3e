/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * hook-rehearsal.h - `frost-ga hooks run`: runs the hooks as a freeze does, without a freeze
 *
 * A running agent, and its ledger, are not involved.
 */

#include <stdbool.h>

#include "config.h"

/**
 * frost_hook_rehearse: runs the hooks, and prints the output of each when it ends
 * @json: prints everything at the end instead, as one line
 * @thaw_only: calls the hooks with thaw only; if false, with freeze, and then with thaw in reverse
 * @hold_s: how many seconds to wait between the two
 *
 * SIGINT and SIGTERM end the calls with freeze; those with thaw are made all the same. Returns the
 * exit status (cli.h): FROST_CLI_ERROR if a hook failed or was refused, _NOTHING if there is no
 * hook.
 */
int frost_hook_rehearse(const FrostConfig *config, bool thaw_only, unsigned hold_s, bool json);
