/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * log-private.h - a log with a syslog of one's choice, for tests
 */

#include "log.h"
#include "syslog-socket.h"

/* As frost_log_new() or frost_log_new_held(). @syslog is owned by the log, also when this fails. */
FrostLog *frost_log_new_with_syslog(const char *path, bool verbose, bool held, FrostSyslog *syslog,
                                    GError **error);
