/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * log.h - where log lines go, and where they wait while filesystems are frozen
 *
 * Domain code logs with GLib's g_debug(), g_info(), g_message(), g_warning() and g_critical(),
 * and with frost_slog() for the lines that qemu-ga sends to syslog. This module installs the
 * GLogWriterFunc behind them.
 *
 * While held (frost_log_hold), lines go to a bounded buffer in memory: a log file may lie on a
 * frozen filesystem, and syslog's reader may be blocked on one. Release writes them out in order,
 * with their own time stamps, and says how many were lost.
 */

#include <glib.h>
#include <stdbool.h>

typedef struct FrostLog FrostLog;

/**
 * frost_log_new:
 * @path: (nullable): file to append to; NULL is standard error
 * @verbose: all levels instead of errors and criticals (protocol 3.6)
 * @ident: name the program was started by: the name of its lines in syslog
 *
 * Opens the file and installs the writer. One instance a process. The file is opened again by
 * nobody: the descriptor is kept.
 */
FrostLog *frost_log_new(const char *path, bool verbose, const char *ident, GError **error);

/**
 * frost_log_new_held:
 *
 * As frost_log_new(), but held until frost_log_release(): who starts does not know yet whether an
 * earlier agent left the filesystem of the log file frozen, where a write would never return. An
 * existing file is opened all the same, which does not wait there. This hold and its release are
 * not themselves logged, unless frost_log_hold() came between.
 */
FrostLog *frost_log_new_held(const char *path, bool verbose, const char *ident, GError **error);

void frost_log_free(FrostLog *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(FrostLog, frost_log_free)

/* Holding twice is holding once. Freeing a held log releases it. */
void frost_log_hold(FrostLog *self);
void frost_log_release(FrostLog *self);
/* Either of both: held while something is frozen. */
void frost_log_set_held(FrostLog *self, bool held);

/**
 * frost_notice: a warning that whoever runs the agent must see, whatever the log level
 *
 * For what the agent does without, and goes on: rare, and said once. What has failed is critical.
 */
void frost_notice(const char *format, ...) G_GNUC_PRINTF(1, 2);

/**
 * frost_slog: a line for syslog, whatever the log level (protocol 3.6)
 */
void frost_slog(const char *format, ...) G_GNUC_PRINTF(1, 2);
