/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * heap.h - how much of the heap is in use: libc's functions, counted
 */

#include <stdbool.h>
#include <stddef.h>

/* Blocks that were taken and not given back, in this process. */
long heap_blocks(void);
/* True: what is done until it is false does not count, as that of a process that ends only by a
 * signal or exit, with all that it has. */
void heap_set_apart(bool apart);
/* Blocks that never count: the simulation's own, which one process takes and another one may give
 * back. Not cleared. Aborts when there is no memory. */
void *heap_uncounted_new(size_t size);
void heap_uncounted_free(void *block);
