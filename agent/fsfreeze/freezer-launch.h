/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * freezer-launch.h - this program started anew as the freezer, with what it has to hold
 */

#include <sys/types.h>

#include "ledger.h"

/**
 * frost_freezer_launch:
 * @ledger: the descriptors named in it go to the new process under the same numbers
 * @out_link: our end of the socket pair (freezer-wire.h); the caller closes it
 *
 * The pid, or a negative errno. That the program cannot be executed shows as the end of the link.
 */
pid_t frost_freezer_launch(const FrostLedger *ledger, int *out_link);
