/* SPDX-License-Identifier: MIT */
#include "dirty-memory.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define KIB 1024u

/* Reads it once: the kernel allocates the memory for a file of /proc at the first read. */
int
frost_dirty_memory_open(void)
{
    int fd = open("/proc/meminfo", O_RDONLY | O_CLOEXEC);

    if (fd < 0)
        return -errno;
    frost_dirty_memory(fd);
    return fd;
}

uint64_t
frost_dirty_memory(int fd)
{
    static const char word[] = "\nDirty:";
    char text[4096];
    ssize_t length = pread(fd, text, sizeof text - 1, 0);

    text[length > 0 ? length : 0] = '\0';
    const char *line = strstr(text, word);
    return line ? strtoull(line + strlen(word), NULL, 10) * KIB : 0;
}
