/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * heap.h - how much of the heap is in use: libc's functions, counted
 */

#include <stdbool.h>

/* Blocks that were taken and not given back, in this process. */
long heap_blocks(void);
/* True: what is done until it is false does not count, as that of a process that ends only by a
 * signal or exit, with all that it has. */
void heap_set_apart(bool apart);
