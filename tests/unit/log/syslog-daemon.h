/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * syslog-daemon.h - the other end of /dev/log, in a directory of the test
 */

/* Binds @path anew; @type: SOCK_DGRAM or SOCK_STREAM. Returns the descriptor. */
int syslog_daemon_start(const char *path, int type);
/* All that has been sent so far, each datagram ended by a newline; g_free() it. */
char *syslog_daemon_read(int fd);
