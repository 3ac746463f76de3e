/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * disk-stats.h - the I/O counters of each block device: /proc/diskstats
 */

#include <glib.h>
#include <stdint.h>

/* The columns of the file; older kernels have fewer. */
typedef enum {
    FROST_DISK_READ_IOS,
    FROST_DISK_READ_MERGES,
    FROST_DISK_READ_SECTORS,
    FROST_DISK_READ_TICKS,
    FROST_DISK_WRITE_IOS,
    FROST_DISK_WRITE_MERGES,
    FROST_DISK_WRITE_SECTORS,
    FROST_DISK_WRITE_TICKS,
    FROST_DISK_IOS_IN_PROGRESS,
    FROST_DISK_TOTAL_TICKS,
    FROST_DISK_WEIGHT_TICKS,
    FROST_DISK_DISCARD_IOS,
    FROST_DISK_DISCARD_MERGES,
    FROST_DISK_DISCARD_SECTORS,
    FROST_DISK_DISCARD_TICKS,
    FROST_DISK_FLUSH_IOS,
    FROST_DISK_FLUSH_TICKS,
    FROST_DISK_COLUMNS,
} FrostDiskColumn;

typedef struct {
    char *name;
    uint64_t major;
    uint64_t minor;
    uint32_t known; /* has a bit set for each column that the kernel has */
    uint64_t value[FROST_DISK_COLUMNS];
} FrostDiskStats;

/* Returns: of FrostDiskStats. A partition on an old kernel has four columns; other lines with fewer
 * than eleven are ignored. */
GPtrArray *frost_disk_stats_parse(const char *text);
