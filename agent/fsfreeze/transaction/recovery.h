/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * recovery.h - what is left to do for an agent that is gone
 *
 * The freezer has thawed; the hooks are left to undo and the history to write, and a process is
 * needed that may do such things: the freezer's heir, to which it hands the ledger with its lock.
 */

#include <glib.h>

#include "record.h"
#include "sys.h"

/* @statedir: of the agent that is gone. Both are lent. */
typedef void (*FrostRecovered)(const char *statedir, const FrostRecord *record);

/**
 * frost_recovery_process: the whole life of the recovering process; its return value is the exit
 *   status
 * @sys: borrowed
 * @recovered: all is undone: for the history
 */
int frost_recovery_process(FrostSys *sys, int ledger_fd, int lock_fd, FrostRecovered recovered);
