/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * process-start.h - the start time of a process, which tells it from a later one with the same pid
 */

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* The start time of the process @pid in clock ticks since boot; 0 if there is no such process.
 * Also takes the number of a thread. No heap. */
uint64_t frost_process_start_time(pid_t pid);
/* True if the process with this @pid and this @start time is stopped by a signal. No heap. */
bool frost_process_is_stopped(pid_t pid, uint64_t start);
