/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * takeover.h - undoes what dead processes have left, as an agent does when it is started again
 */

#include <glib.h>
#include <stdbool.h>
#include <sys/types.h>

/**
 * frost_takeover_run: thaws what the ledger of @statedir has as held, and undoes the hooks
 * @mounts_of: the process whose mount table was frozen, from the ledger
 *
 * An error that the host's next thaw has to report stays in the ledger. Writes the history. False:
 * a filesystem could not be thawed, or another process was faster. Other errors are logged.
 */
bool frost_takeover_run(const char *statedir, pid_t mounts_of, GError **error);
