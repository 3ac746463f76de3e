/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * log.h - where log lines go, and where they wait while filesystems are frozen
 *
 * The rest of the agent logs with GLib's g_debug(), g_info(), g_message(), g_warning() and
 * g_critical(), and with frost_slog() for the lines that qemu-ga sends to syslog. This module
 * installs the GLogWriterFunc behind them.
 *
 * While the log is held (frost_log_set_held), lines go to a bounded buffer in memory: the log file
 * may be on a frozen filesystem, and the log daemon may be blocked on one. When it is released, the
 * lines are written in order, with their own time stamps, and the number of lost ones is logged.
 */

#include <glib.h>
#include <stdbool.h>

typedef struct FrostLog FrostLog;

/**
 * frost_log_new:
 * @path: (nullable): the file to append to; NULL: standard error
 * @verbose: log all levels, not only errors and criticals
 * @ident: the name by which the program was started, for its lines in syslog
 *
 * Opens the file, and installs the writer. A process can have one log. The file is never opened
 * again.
 */
FrostLog *frost_log_new(const char *path, bool verbose, const char *ident, GError **error);

/**
 * frost_log_new_held:
 *
 * As frost_log_new(), but the log is held from the start: an earlier agent may have left the
 * filesystem of the log file frozen, and a write would hang. (Opening an existing file does not.)
 * This hold and its release are not logged, unless frost_log_set_held(true) is called meanwhile.
 */
FrostLog *frost_log_new_held(const char *path, bool verbose, const char *ident, GError **error);

void frost_log_free(FrostLog *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(FrostLog, frost_log_free)

/* Holds or releases the log. Holds do not add up. Freeing a held log releases it. */
void frost_log_set_held(FrostLog *self, bool held);

/**
 * frost_notice: logs a warning at any log level
 *
 * For something that the agent has to do without, and that its administrator should know. It is
 * rare and logged once. A failure is logged as critical instead.
 */
void frost_notice(const char *format, ...) G_GNUC_PRINTF(1, 2);

/**
 * frost_slog: sends a line to syslog at any log level
 */
void frost_slog(const char *format, ...) G_GNUC_PRINTF(1, 2);
