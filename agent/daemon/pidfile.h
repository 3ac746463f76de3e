/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * pidfile.h - the pid file of a daemon, which is also its lock (protocol 3.9)
 *
 * Holding it is holding a write lock of fcntl(2) on the whole file. Such a lock belongs to a
 * process: a child does not inherit it, so the file is taken by the daemon, after the fork; and
 * it is lost when this process opens the file anywhere else and closes it again.
 * Only who holds the lock ever changes or removes the file.
 */

#include <glib.h>
#include <stdbool.h>

typedef struct FrostPidfile FrostPidfile;

/**
 * frost_pidfile_take:
 *
 * Locks @path, made with mode 0600 if it is not there, and writes the pid of this process and a
 * newline. A file that is left over is taken over. Errors are of G_FILE_ERROR; while another
 * process holds it, "Cannot lock pid file: Resource temporarily unavailable" (G_FILE_ERROR_AGAIN).
 */
FrostPidfile *frost_pidfile_take(const char *path, GError **error);

/**
 * frost_pidfile_probe:
 *
 * Fails, in the words of frost_pidfile_take(), while another process holds @path; changes nothing.
 * For a start to find out before it opens the channel: a listener takes its path away from the
 * daemon that is running.
 */
bool frost_pidfile_probe(const char *path, GError **error);

/* Removes the file if it is still the one that this process took, and lets go of the lock. */
void frost_pidfile_free(FrostPidfile *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(FrostPidfile, frost_pidfile_free)
