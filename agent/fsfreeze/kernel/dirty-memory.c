/* SPDX-License-Identifier: MIT */
#include "dirty-memory.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define KIB 1024u

uint64_t
frost_dirty_memory(void)
{
    static const char word[] = "\nDirty:";
    char text[4096];
    int fd = open("/proc/meminfo", O_RDONLY | O_CLOEXEC);

    if (fd < 0)
        return 0;
    ssize_t length = read(fd, text, sizeof text - 1);
    close(fd);
    text[length > 0 ? length : 0] = '\0';
    const char *line = strstr(text, word);
    return line ? strtoull(line + strlen(word), NULL, 10) * KIB : 0;
}
