/* SPDX-License-Identifier: MIT */
#include "disk-files.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "decimal.h"

/* So often, and after that time, a knob is tried again that the kernel is busy with: 10 seconds. */
#define BUSY_TRIES 1000
#define BUSY_WAIT_MS 10

const char *
frost_disk_path(char path[FROST_DISK_PATH_SIZE], uint64_t device, const char *file)
{
    strcpy(path, "/sys/dev/block/");
    frost_decimal(path + strlen(path), major(device));
    strcat(path, ":");
    frost_decimal(path + strlen(path), minor(device));
    return strcat(path, file);
}

int
frost_disk_read_knob(int fd, uint32_t *out_value)
{
    char text[24];
    ssize_t length = pread(fd, text, sizeof text - 1, 0);
    char *end;

    if (length < 0)
        return -errno;
    text[length] = '\0';
    *out_value = (uint32_t)strtoul(text, &end, 10);
    return end == text || *out_value == 0 ? -EINVAL : 0;
}

int
frost_disk_open_knob(uint64_t device, FrostKnob knob)
{
    static const char *const files[FROST_KNOBS] = {
        [FROST_KNOB_REQUESTS] = "/queue/nr_requests",
        [FROST_KNOB_KIB] = "/queue/max_sectors_kb",
    };
    char path[FROST_DISK_PATH_SIZE];
    int fd = open(frost_disk_path(path, device, files[knob]), O_RDWR | O_CLOEXEC);

    return fd < 0 ? -errno : fd;
}

/* Linux refuses with EBUSY, since 6.17, while the number of requests of another disk of the same
 * controller, or the scheduler, is being changed. */
int
frost_disk_turn_knob(int fd, uint32_t value)
{
    char text[16] = "";
    ssize_t r;

    frost_decimal(text, value);
    for (int tries = 0; (r = pwrite(fd, text, strlen(text), 0)) < 0 && tries < BUSY_TRIES;
         tries++) {
        if (errno != EBUSY && errno != EINTR)
            return -errno;
        poll(NULL, 0, BUSY_WAIT_MS);
    }
    return r < 0 ? -errno : 0;
}
