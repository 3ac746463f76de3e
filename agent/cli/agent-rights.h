/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * agent-rights.h - which of root's rights a process has, as the kernel tells it
 */

#include <glib.h>
#include <stdbool.h>

/* Finds the effective capabilities in the text of a file /proc/PID/status. False: it has none. */
bool frost_cli_find_rights(const char *status, guint64 *out);
