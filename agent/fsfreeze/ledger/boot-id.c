/* SPDX-License-Identifier: MIT */
#include "boot-id.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

void
frost_boot_id_read(char out[FROST_BOOT_ID_SIZE])
{
    int fd = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);

    memset(out, 0, FROST_BOOT_ID_SIZE); /* all bytes are compared */
    if (fd < 0)
        return;
    if (read(fd, out, 36) < 0)
        out[0] = '\0';
    close(fd);
}
