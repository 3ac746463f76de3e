/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * knob-restorer.h - puts back what a dead freezer has left turned of the disks' queues
 *
 * A write to such a knob waits for the disk, and for ever where the disk hangs. So a process of its
 * own makes it, which holds nothing that another one waits for, and which the agent does not wait
 * for either.
 */

#include <sys/types.h>

#include "ledger-data.h"
#include "sys.h"

/* Starts it where the ledger has a note of disk-knobs.h. Returns its pid, a child for the caller to
 * reap; 0 where nothing is turned; or a negative errno: the notes stay for the next process. */
pid_t frost_knob_restorer_start(FrostSys *sys, const FrostLedger *ledger);
