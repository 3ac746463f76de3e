/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * descriptor-pass.h - descriptors from one thread's table to another's, through a socket pair
 */

#include <stddef.h>

/* Makes a pair to send and receive through. If there is none, both ends are a negative errno. */
void frost_descriptors_open_pair(int sockets[2]);
/* Closes both ends, if there is a pair. */
void frost_descriptors_close_pair(const int sockets[2]);

/* Sends @n descriptors, in their order; they stay open. Returns 0 or a negative errno; -EPIPE: the
 * other end is closed. */
int frost_descriptors_send(int socket, const int *fds, size_t n);
/* Fills @out with @n descriptors that have been sent, each CLOEXEC. Does not wait. 0, or a negative
 * errno: then none is open. */
int frost_descriptors_receive(int socket, int *out, size_t n);
