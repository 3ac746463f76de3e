/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * client.h - reads from the present client, and sees it leave
 */

#include "channel-private.h"

/* Reads what the client has sent, within bounds, and handles its end. Delivers events. */
void frost_client_read(FrostChannel *self);
/* Closes a client that has ended, once all its answers are written, or that is dismissed. Delivers
 * events. */
void frost_client_part(FrostChannel *self);
