/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * freezer-spawn.h - this program started anew as the freezer, with what it has to hold
 */

#include <sys/types.h>

#include "ledger-data.h"

/**
 * frost_freezer_spawn:
 * @ledger: the descriptors named in it go to the new process under the same numbers; it has the
 *   say from here on
 * @out_link: our end of the socket pair (freezer-wire.h); the caller closes it
 *
 * The pid, or a negative errno. That the program cannot be executed shows as the end of the link.
 */
pid_t frost_freezer_spawn(FrostLedger *ledger, int *out_link);
