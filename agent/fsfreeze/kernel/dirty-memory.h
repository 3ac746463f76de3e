/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * dirty-memory.h - how much of the machine's memory has still to be written to disks
 */

#include <stdint.h>

/* In bytes; 0 if the kernel does not say. */
uint64_t frost_dirty_memory(void);
