/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * stream.h - the descriptor of a channel: a port, or the client of a listening socket
 */

#include "channel-private.h"

/* Makes @fd the port or the present client, and owns it. 0, or a negative errno: then the caller
 * still owns it. */
int frost_stream_take(FrostChannel *self, int fd);
/* Watches the descriptor for the events that the state of @self needs. 0, or a negative errno. */
int frost_stream_watch(FrostChannel *self);
/* Writes what can be written now. Delivers no event. */
void frost_stream_flush(FrostChannel *self);
/* Resets all fields about the present client; the descriptor stays open. */
void frost_stream_forget(FrostChannel *self);
/* Closes the descriptor. */
void frost_stream_drop(FrostChannel *self);
/* To be called when the port is gone for good: owns @error, delivers failed(). */
void frost_stream_lose(FrostChannel *self, GError *error);
