/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * takeover.h - undoing what dead processes have left, as an agent that is started again does
 */

#include <glib.h>
#include <stdbool.h>
#include <sys/types.h>

/**
 * frost_takeover_run: thaws what the ledger of @statedir calls held, and undoes the hooks
 * @mounts_of: the process whose mounts were frozen, as in the ledger
 *
 * The error that the host's next thaw is owed stays owed. False: something could not be thawed, or
 * another process was faster. The history is written; what goes wrong beside is logged.
 */
bool frost_takeover_run(const char *statedir, pid_t mounts_of, GError **error);
