/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * fork.h - a child that meets none of the agent's signal handlers
 */

#include <sys/types.h>

/* As fork(), with every signal blocked in the child: one for it waits until it has default
 * handlers, and unblocks, instead of being lost in ours. */
pid_t frost_fork_without_signals(void);
/* In the child: default handlers, nothing blocked. Safe after fork. */
void frost_default_signals(void);
