/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * daemonize.h - go on in the background, and tell the launcher whether that went well
 *
 *   launcher --begin--> waits ................................ exit 0, or 1 if the daemon ended
 *                  \                                            ^
 *                   +-> daemon (begin returns) ... starts ... --ready-->
 *
 * Threads, signal sources, child watches, locks and whatever else knows the process id are made
 * after begin; descriptors opened before it, the channel above all, go on in the daemon
 * (protocol 3.7, 3.8).
 */

#include <glib.h>
#include <stdbool.h>

typedef struct {
    int launcher_fd; /* the launcher waits at its other end; -1: there is none */
    int null_fd;
} FrostDaemonize;

/* For a process that stays in the foreground: ready and clear do nothing. */
#define FROST_DAEMONIZE_NONE \
    {                        \
        -1, -1               \
    }

/**
 * frost_stdio_fill:
 *
 * Opens /dev/null for each standard stream that is closed, so that no other file ever gets its
 * number. The first thing that main does.
 */
void frost_stdio_fill(void);

/**
 * frost_daemonize_begin:
 *
 * Forks. Returns in the child only: umask 077, a session of its own, working directory /. Its
 * standard streams stay until it is ready, so that what goes wrong is still seen. The launcher
 * ends by _exit(): 0 once the child is ready, 1 if the child ends before.
 */
bool frost_daemonize_begin(FrostDaemonize *out, GError **error);

/* The daemon is up: its standard streams become /dev/null, and the launcher exits 0. */
void frost_daemonize_ready(FrostDaemonize *self);

/* Without ready before it: the launcher exits 1. The end of the process does the same. */
void frost_daemonize_clear(FrostDaemonize *self);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(FrostDaemonize, frost_daemonize_clear)
