/* SPDX-License-Identifier: MIT */
#include "disk-files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "decimal.h"

const char *
frost_disk_path(char path[FROST_DISK_PATH_SIZE], uint64_t device, const char *file)
{
    strcpy(path, "/sys/dev/block/");
    frost_decimal(path + strlen(path), major(device));
    strcat(path, ":");
    frost_decimal(path + strlen(path), minor(device));
    return strcat(path, file);
}

/* 0, or a negative errno. */
static int
read_number(int fd, uint32_t *out)
{
    char text[24];
    ssize_t length = pread(fd, text, sizeof text - 1, 0);
    char *end;

    if (length < 0)
        return -errno;
    text[length] = '\0';
    *out = (uint32_t)strtoul(text, &end, 10);
    return end == text || *out == 0 ? -EINVAL : 0;
}

int
frost_disk_open_knob(uint64_t device, FrostKnob knob, uint32_t *out_value)
{
    static const char *const files[FROST_KNOBS] = {
        [FROST_KNOB_REQUESTS] = "/queue/nr_requests",
        [FROST_KNOB_KIB] = "/queue/max_sectors_kb",
    };
    char path[FROST_DISK_PATH_SIZE];
    int fd = open(frost_disk_path(path, device, files[knob]), O_RDWR | O_CLOEXEC);

    if (fd < 0)
        return -errno;
    int r = read_number(fd, out_value);
    if (r == 0)
        return fd;
    close(fd);
    return r;
}

int
frost_disk_turn_knob(int fd, uint32_t value)
{
    char text[16] = "";

    frost_decimal(text, value);
    return pwrite(fd, text, strlen(text), 0) < 0 ? -errno : 0;
}
