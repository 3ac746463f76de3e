/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * port.h - sees the host's end of a port open and close
 */

#include "channel-private.h"

/* How long a report that the port is closed may be stale. */
gint64 frost_port_patience_us(const FrostChannel *self);
/* To be called when the kernel reports the host's end closed, which may be stale. May deliver
 * ended() or departed(). */
void frost_port_note_closed(FrostChannel *self);
/* To be called when the host's end is certainly open. Delivers no event. */
void frost_port_note_open(FrostChannel *self);
/* To be called when the client has certainly gone. Delivers departed(). */
void frost_port_hang_up(FrostChannel *self);
