/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * recovery.h - undoing the hook for an agent that is gone
 *
 * The freezer has thawed; only the hook is left to undo, and a process is needed that may start
 * others. The freezer becomes that one: same pid, same lock on the ledger.
 */

#include <glib.h>

#include "hooks.h"
#include "ledger.h"

/* How it is started: PROGRAM --recover LEDGER_FD */
#define FROST_RECOVERY_OPTION "--recover"

/* Replaces this process; returns only if the kernel refuses. No heap. */
void frost_recovery_become(int ledger_fd);

/* The whole life of the recovering process; its return value is the exit status. */
int frost_recovery_process(int ledger_fd);
