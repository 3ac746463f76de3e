/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * surroundings.h - limits, signals and memory of this process
 */

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

/* Raises the soft limit on descriptors to @wanted, as far as that is allowed. Returns the old
 * limit, for our children; 0: not known. */
uint64_t frost_allow_descriptors(unsigned wanted);

/* False: fewer than @least are allowed; the error says what to do. */
bool frost_has_descriptors(unsigned least, GError **error);

/**
 * frost_watch_signals: has @came called from the main loop for SIGTERM, SIGINT and SIGHUP
 *
 * Blocks the three signals, and reads them from a descriptor; one that comes before the main loop
 * runs stays pending. g_unix_signal_add() would make GLib start a thread, with a stack and a heap.
 * SIGPIPE and SIGXFSZ are ignored, so that write() fails instead. A child inherits the blocked
 * signals until frost_default_signals() (fork.h).
 */
bool frost_watch_signals(void (*came)(void *user, unsigned number), void *user, GError **error);

/* Gives memory that is no longer used back to the kernel, if the C library can do so: after the
 * start, and after a freeze, whose plan and history need much for a moment. */
void frost_give_memory_back(void);
