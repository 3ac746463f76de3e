/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * syslog-socket.h - lines for the system log, without syslog(3)
 *
 * syslog(3) waits without limit for a log daemon that does not read, stamps a line with the time
 * at which it is written, not with that of its event, and keeps its state in globals. This one
 * waits for at most a tenth of a second, takes the time as an argument, and loses a line silently
 * where there is no log daemon.
 */

#include <glib.h>

typedef struct FrostSyslog FrostSyslog;

/* Connects with the first line, and again after the log daemon was restarted.
 * @path: its socket, /dev/log; @ident: the name that the lines carry */
FrostSyslog *frost_syslog_new(const char *path, const char *ident);
void frost_syslog_free(FrostSyslog *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(FrostSyslog, frost_syslog_free)

/* Facility user, priority info (protocol 3.6). @time_us: real time of the event. */
void frost_syslog_send(FrostSyslog *self, gint64 time_us, const char *text);
