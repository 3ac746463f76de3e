/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * stop.h - stop points: places in the code where a test can hold a process, to send it a signal
 * there
 *
 * They exist only in a build with -Dstop_points=true. There, a process whose environment has
 * FROST_STOP=ROLE:NAME[:N] stops when it reaches the point NAME of ROLE for the Nth time: it sends
 * "PID ROLE NAME" over a connection to the SOCK_SEQPACKET socket FROST_STOP_CHANNEL, and waits for
 * a packet or the end of the connection. It waits in a plain recv, which a signal interrupts as
 * usual.
 */

#ifdef FROST_STOP_POINTS
/* The first stop point of a role makes the connection, whatever its name: it is reached before
 * anything is frozen and before there are threads. No heap, no GLib. */
void frost_stop_point(const char *role, const char *name);
#else
static inline void
frost_stop_point(const char *role, const char *name)
{
}
#endif
