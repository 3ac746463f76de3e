/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * heap.h - how much of the heap is in use: libc's functions, counted
 */

/* Blocks that were taken and not given back, in this process. */
long heap_blocks(void);
