/* SPDX-License-Identifier: MIT */
#include "nvme-health.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/nvme_ioctl.h>
#include <sys/ioctl.h>
#include <unistd.h>

/* The command Get Log Page, the number of the page, and the number that means all namespaces. */
#define GET_LOG_PAGE 0x02
#define HEALTH_PAGE 0x02u
#define ALL_NAMESPACES 0xffffffffu

static uint64_t
read_u64(const uint8_t *bytes)
{
    uint64_t value = 0;

    for (unsigned i = 8; i > 0; i--)
        value = value << 8 | bytes[i - 1];
    return value;
}

static FrostWide
read_wide(const uint8_t *bytes)
{
    return (FrostWide){.low = read_u64(bytes), .high = read_u64(bytes + 8)};
}

void
frost_nvme_health_parse(const uint8_t log[FROST_NVME_LOG_BYTES], FrostNvmeHealth *out)
{
    *out = (FrostNvmeHealth){.critical_warning = log[0],
                             .temperature = log[1] | (unsigned)log[2] << 8,
                             .available_spare = log[3],
                             .available_spare_threshold = log[4],
                             .percentage_used = log[5],
                             .data_units_read = read_wide(log + 32),
                             .data_units_written = read_wide(log + 48),
                             .host_read_commands = read_wide(log + 64),
                             .host_write_commands = read_wide(log + 80),
                             .controller_busy_time = read_wide(log + 96),
                             .power_cycles = read_wide(log + 112),
                             .power_on_hours = read_wide(log + 128),
                             .unsafe_shutdowns = read_wide(log + 144),
                             .media_errors = read_wide(log + 160),
                             .error_log_entries = read_wide(log + 176)};
}

int
frost_nvme_health_read(const char *node, FrostNvmeHealth *out)
{
    uint8_t log[FROST_NVME_LOG_BYTES] = {0};
    struct nvme_admin_cmd command = {.opcode = GET_LOG_PAGE,
                                     .nsid = ALL_NAMESPACES,
                                     .addr = (uintptr_t)log,
                                     .data_len = sizeof log,
                                     /* the length in words of four bytes, minus one */
                                     .cdw10 = HEALTH_PAGE | (sizeof log / 4 - 1) << 16};
    int fd = open(node, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);

    if (fd < 0)
        return -errno;
    int status = ioctl(fd, NVME_IOCTL_ADMIN_CMD, &command);
    int r = status < 0 ? -errno : status > 0 ? -EIO : 0;
    close(fd);
    if (r == 0)
        frost_nvme_health_parse(log, out);
    return r;
}
