/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * readiness.h - reports to systemd that the agent is up, and what it is doing
 *
 * There is no watchdog, as an idle agent makes no system call.
 */

/* Removes NOTIFY_SOCKET from the environment, as hooks and programs of the host must not report,
 * and returns its value, g_free() it; NULL: it is not set. */
char *frost_readiness_take(void);
/* Reports @status, one line for `systemctl status`. @socket: (nullable). */
void frost_readiness_tell(const char *socket, const char *status);
/* The same, and reports that the agent is up. */
void frost_readiness_ready(const char *socket, const char *status);
