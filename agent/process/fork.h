/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * fork.h - a fork in which no signal handler of the agent can run in the child
 */

#include <sys/types.h>

/* As fork(), but the child has all signals blocked. A signal to the child stays pending until it
 * has default handlers, instead of being lost in one of ours. */
pid_t frost_fork_without_signals(void);
/* To be called in the child: sets default handlers, and unblocks all signals. Safe after fork. */
void frost_default_signals(void);
