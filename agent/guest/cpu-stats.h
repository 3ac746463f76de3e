/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * cpu-stats.h - how much time each CPU spent on what: the lines cpuN of /proc/stat
 */

#include <glib.h>
#include <stdint.h>

typedef enum {
    FROST_CPU_USER,
    FROST_CPU_NICE,
    FROST_CPU_SYSTEM,
    FROST_CPU_IDLE,
    FROST_CPU_IOWAIT,
    FROST_CPU_IRQ,
    FROST_CPU_SOFTIRQ,
    FROST_CPU_STEAL,
    FROST_CPU_GUEST,
    FROST_CPU_GUEST_NICE,
    FROST_CPU_TIMES,
} FrostCpuTime;

typedef struct {
    int64_t cpu;
    unsigned count; /* how many times there are: at least four, and more on newer kernels */
    uint64_t ms[FROST_CPU_TIMES];
} FrostCpuStats;

/* Returns: of FrostCpuStats. Lines with fewer than four times are ignored. @ticks_per_s: the unit
 * of the times in @text. */
GArray *frost_cpu_stats_parse(const char *text, long ticks_per_s);
