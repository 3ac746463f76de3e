/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * log-private.h - a log with another syslog, for tests
 */

#include "log.h"
#include "syslog-socket.h"

/* As frost_log_new() or frost_log_new_held(). Takes ownership of @syslog, also on failure. */
FrostLog *frost_log_new_with_syslog(const char *path, bool verbose, bool held, FrostSyslog *syslog,
                                    GError **error);
