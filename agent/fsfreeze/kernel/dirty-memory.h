/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * dirty-memory.h - how much of the machine's memory has still to be written to disks
 */

#include <stdint.h>

/* The calls of the same names in kernel.h. */
int frost_dirty_memory_open(void);
uint64_t frost_dirty_memory(int fd);
