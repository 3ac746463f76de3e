/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * nvme-health.h - the SMART log of an NVMe disk (page 02h of the NVMe specification)
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FROST_NVME_LOG_BYTES 512

typedef struct {
    uint64_t low;
    uint64_t high;
} FrostWide; /* 128 bits */

typedef struct {
    unsigned critical_warning;
    unsigned temperature; /* K */
    unsigned available_spare;
    unsigned available_spare_threshold;
    unsigned percentage_used;
    FrostWide data_units_read;
    FrostWide data_units_written;
    FrostWide host_read_commands;
    FrostWide host_write_commands;
    FrostWide controller_busy_time;
    FrostWide power_cycles;
    FrostWide power_on_hours;
    FrostWide unsafe_shutdowns;
    FrostWide media_errors;
    FrostWide error_log_entries;
} FrostNvmeHealth;

/* @log: as the disk sends it, little-endian. */
void frost_nvme_health_parse(const uint8_t log[FROST_NVME_LOG_BYTES], FrostNvmeHealth *out);
/* Reads the log from the disk, and waits for it. @node: "/dev/nvme0n1". 0, or a negative errno;
 * -EIO: the disk refuses the command. */
int frost_nvme_health_read(const char *node, FrostNvmeHealth *out);
