/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * agent.h - one agent: the real parser, transaction, supervisor and hooks, behind a port of ours
 *
 * In the place of main.c and of the session: takes one question after the other, in the order in
 * which its parser finds them (port.h).
 */

#include "host.h"
#include "world.h"

/* Starts it, as the service manager does. */
void agent_start(void);
/* When all is over. */
void agent_forget(Process *process);
/* Something is at its port. */
void agent_ring(void);
/* hold-timeout of this history, seconds; 0: for ever. */
unsigned agent_hold_s(void);
/* After this time at most nothing is frozen, whatever limit it is that passes; 0: never. */
unsigned agent_longest_s(void);
/* How many descriptors it has open; 0: it does not live. */
unsigned agent_descriptors(void);
/* Its parser has bytes, or a part of a question. */
bool agent_is_reading(void);
bool agent_is_leaving(const Process *process);
/* The port goes. */
void agent_lose_port(void);
/* The machine goes on from a saved state, and the agent learns of it. */
void agent_be_restored(void);
