/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * rcu-expedite.h - expedited RCU grace periods while filesystems are being frozen, and no longer
 *
 * FIFREEZE of a clean filesystem mostly waits for three grace periods. The switch that expedites
 * them acts on the whole machine. While frost-ga has it on, a note in the ledger says so; if the
 * freezer dies, the next process finds the note and turns the switch off.
 */

#include <stdatomic.h>
#include <stdint.h>

#include "kernel.h"

/* Called by the agent before it starts the freezer. Returns the descriptor that begin and end
 * need, or a negative errno; -EALREADY: the switch is on already, and is to stay on. */
int frost_rcu_expedite_open(FrostKernel *kernel);

/* Called by the freezer. @fd: from open; with 0 or less they do nothing. */
void frost_rcu_expedite_begin(FrostKernel *kernel, int fd, _Atomic uint32_t *note);
void frost_rcu_expedite_end(FrostKernel *kernel, int fd, _Atomic uint32_t *note);

/* Called after the death of a freezer: turns the switch off if @note says that frost-ga has it on.
 */
void frost_rcu_expedite_recover(FrostKernel *kernel, _Atomic uint32_t *note);
