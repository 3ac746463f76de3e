/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * pidfile.h - the pid file of a daemon, which is also its lock
 *
 * The lock is a write lock of fcntl(2) on the whole file. Such a lock belongs to a process. A child
 * does not inherit it, so the daemon has to take it after the fork. It is lost if the process opens
 * the file a second time and closes that descriptor. Only the process with the lock changes or
 * removes the file.
 */

#include <glib.h>
#include <stdbool.h>

typedef struct FrostPidfile FrostPidfile;

/**
 * frost_pidfile_take:
 *
 * Locks @path, and writes the pid of this process and a newline. Creates the file with mode 0600 if
 * it is missing, and takes over one that a dead process has left. Errors are of G_FILE_ERROR; if
 * another process has the lock, "Cannot lock pid file: Resource temporarily unavailable"
 * (G_FILE_ERROR_AGAIN).
 */
FrostPidfile *frost_pidfile_take(const char *path, GError **error);

/**
 * frost_pidfile_probe:
 *
 * Fails with the error of frost_pidfile_take() if another process has the lock; changes nothing. To
 * be called before the channel is opened: a listening channel would take the path of its socket
 * from a daemon that is running.
 */
bool frost_pidfile_probe(const char *path, GError **error);

/* Removes the file if @path is still the file that was locked, and releases the lock. */
void frost_pidfile_free(FrostPidfile *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(FrostPidfile, frost_pidfile_free)
