/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * listener.h - accepts the clients of a listening socket
 */

#include "channel-private.h"

/* Accepts the next client, or begins to wait for one. Delivers no event. */
void frost_listener_accept(FrostChannel *self);
