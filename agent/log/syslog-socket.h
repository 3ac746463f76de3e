/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * syslog-socket.h - sends lines to the system log, without syslog(3)
 *
 * syslog(3) waits without a limit for a log daemon that does not read, gives a line the time at
 * which it is sent, and keeps its state in global variables. This one waits for a tenth of a second
 * at most, and takes the time as an argument. If there is no log daemon, a line is lost silently.
 */

#include <glib.h>

typedef struct FrostSyslog FrostSyslog;

/* Connects with the first line, and again after the log daemon was restarted. @path: the daemon's
 * socket, /dev/log; @ident: the program's name in the lines. */
FrostSyslog *frost_syslog_new(const char *path, const char *ident);
void frost_syslog_free(FrostSyslog *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(FrostSyslog, frost_syslog_free)

/* Sends a line of facility user and priority info. @time_us: when it was logged,
 * real time. */
void frost_syslog_send(FrostSyslog *self, gint64 time_us, const char *text);
