/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * stop.h - places at which a test can hold a process, to have its signal fall exactly there
 *
 * Only in a build with -Dstop_points=true; else nothing is left of them. There, a process with
 * FROST_STOP=ROLE:NAME[:N] in its environment that comes for the Nth time to the point NAME of
 * ROLE sends "PID ROLE NAME" over a connection to the SOCK_SEQPACKET socket FROST_STOP_CHANNEL,
 * and waits for a packet, or the end of the connection, before it goes on. It is held in a plain
 * recv: what a signal does to a waiting process, it does here.
 */

#ifdef FROST_STOP_POINTS
/* The first point of a role that is reached makes the connection, whatever its name is: it comes
 * before anything is frozen and before there are threads. No heap, no GLib. */
void frost_stop_point(const char *role, const char *name);
#else
static inline void
frost_stop_point(const char *role, const char *name)
{
}
#endif
