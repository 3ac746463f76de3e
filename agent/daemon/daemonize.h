/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * daemonize.h - moves the agent into the background, and reports to the launcher whether it started
 *
 *   launcher --begin--> waits ................................ exit 0, or 1 if the daemon ended
 *                  \                                            ^
 *                   +-> daemon (begin returns) ... starts ... --ready-->
 *
 * Whatever depends on the process id (threads, signal sources, child watches, locks) has to be made
 * after begin. Descriptors that were opened before it, such as the channel, stay open in the
 * daemon.
 */

#include <glib.h>
#include <stdbool.h>

typedef struct {
    int launcher_fd; /* the launcher waits at its other end; -1: there is no launcher */
    int null_fd;
} FrostDaemonize;

/* For a process that stays in the foreground; ready and clear then do nothing. */
#define FROST_DAEMONIZE_NONE ((FrostDaemonize){-1, -1})

/**
 * frost_stdio_fill:
 *
 * Opens /dev/null for each standard stream that is closed, so that no other file can get its
 * number. To be called first in main.
 */
void frost_stdio_fill(void);

/**
 * frost_daemonize_begin:
 *
 * Forks, and returns only in the child, which has umask 077, a session of its own, and / as its
 * working directory. It keeps its standard streams until it is ready, so that errors can be seen.
 * The launcher exits: 0 once the child is ready, 1 if the child ends before.
 */
bool frost_daemonize_begin(FrostDaemonize *out, GError **error);

/* To be called when the daemon is up: its standard streams become /dev/null, and the launcher exits
 * 0. */
void frost_daemonize_ready(FrostDaemonize *self);

/* Unless ready was called, the launcher exits 1; as it does if this process ends. */
void frost_daemonize_clear(FrostDaemonize *self);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(FrostDaemonize, frost_daemonize_clear)
