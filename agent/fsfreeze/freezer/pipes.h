/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * pipes.h - standard input, output and error, where those are pipes
 *
 * A program that reads from such a pipe waits for its last writer, which may be a thread inside
 * FIFREEZE. So each process and thread of the freezer leaves them: /dev/null takes their place.
 */

#include <stdbool.h>

typedef struct {
    int null; /* /dev/null; -1: none of the three is a pipe, or it cannot be opened */
    bool is_pipe[3];
} FrostPipes;

/* Looks which are pipes. The descriptor in @out belongs to the caller. */
void frost_pipes_find(FrostPipes *out);
/* Acts on the descriptor table of the calling thread. Frozen-safe. */
void frost_pipes_leave(const FrostPipes *self);
/* Both at once. */
void frost_pipes_leave_now(void);
