/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * recovery.h - what is left to do for an agent that is gone
 *
 * The freezer has thawed; the hook is left to undo and the history to write, and a process is
 * needed that may do such things. The freezer becomes that one: same pid, same lock on the ledger.
 */

#include <glib.h>

#include "hooks.h"
#include "ledger.h"
#include "record.h"
#include "sys.h"

/* How it is started: PROGRAM --recover LEDGER_FD */
#define FROST_RECOVERY_OPTION "--recover"

/* Replaces this process; returns only if the kernel refuses. No heap. */
void frost_recovery_become(int ledger_fd);

/* @statedir: of the agent that is gone. Both are lent. */
typedef void (*FrostRecovered)(const char *statedir, const FrostRecord *record);

/**
 * frost_recovery_process: the whole life of the recovering process; its return value is the exit
 *   status
 * @sys: borrowed
 * @recovered: all is undone: for the history
 */
int frost_recovery_process(FrostSys *sys, int ledger_fd, FrostRecovered recovered);
