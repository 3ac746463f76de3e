/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * port.h - an agent's end of the port: reads what hosts have sent, and has its real parser
 * (agent/parser) find the questions in it
 *
 * In the place of the channel and of the session, as far as they have to do with the parser.
 */

#include <glib.h>
#include <stdbool.h>

typedef struct SimPort SimPort;

/* To be made before the agent has a second thread. */
SimPort *port_new(GMainContext *context);
/* Kills the parser. */
void port_free(SimPort *self);
/* Reads all that is there. What was found waits to be taken (host.h). */
void port_read(SimPort *self);
/* The parser has bytes, or a part of a request: what becomes of it, its client may notice. */
bool port_is_inside(const SimPort *self);
/* Whether the agent of this history has its questions parsed by a process. */
bool port_is_parsed_away(void);
