/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * disk-stats.h - what each block device has done so far: /proc/diskstats
 */

#include <glib.h>
#include <stdint.h>

/* The columns of the file, as far as this kernel has them. */
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
    uint32_t known; /* a bit for each column that is there */
    uint64_t value[FROST_DISK_COLUMNS];
} FrostDiskStats;

/* Of FrostDiskStats. A partition of an old kernel has four columns; a line with another number
 * below eleven is passed over. */
GPtrArray *frost_disk_stats_parse(const char *text);
