/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * surroundings.h - what a process asks of the kernel and of the C library for itself
 */

#include <glib.h>
#include <stdbool.h>

/* Raises the limit of open descriptors to @wanted, as far as that is allowed. */
void frost_allow_descriptors(unsigned wanted);

/**
 * frost_watch_signals: SIGTERM, SIGINT and SIGHUP come to @came, from the main loop
 *
 * Not by g_unix_signal_add(): for that GLib starts a thread, with a stack and a heap. One that
 * comes before the main loop looks waits. SIGPIPE and SIGXFSZ are ignored: what would send them is
 * an error of write(). Whoever starts a process sets the mask that it shall have.
 */
bool frost_watch_signals(void (*came)(void *user, unsigned number), void *user, GError **error);

/* What starting up needed is needed no more: to the kernel, where the C library can. */
void frost_give_memory_back(void);
