/* SPDX-License-Identifier: MIT */
#include "process-start.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "decimal.h"

#define STAT_SIZE 1024

/* Reads /proc/PID/stat into @text, and returns its field @number, which is 3 or more. NULL: there
 * is no such process. */
static const char *
find_field(pid_t pid, unsigned number, char text[STAT_SIZE])
{
    char path[32] = "/proc/";

    strcat(frost_decimal(path + strlen(path), (unsigned)pid), "/stat");
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return NULL;
    ssize_t length = read(fd, text, STAT_SIZE - 1);
    close(fd);
    text[length > 0 ? length : 0] = '\0';

    /* Field 2 is the name, in parentheses, and may contain anything, also parentheses. */
    const char *field = strrchr(text, ')');
    for (unsigned i = 2; field && i < number; i++)
        field = strchr(field + 1, ' ');
    return field ? field + 1 : NULL;
}

uint64_t
frost_process_start_time(pid_t pid)
{
    char text[STAT_SIZE];
    const char *field = find_field(pid, 22, text);

    return field ? strtoull(field, NULL, 10) : 0;
}

bool
frost_process_is_stopped(pid_t pid, uint64_t start)
{
    char text[STAT_SIZE];
    const char *field = start != 0 && pid > 1 ? find_field(pid, 3, text) : NULL;

    return field && *field == 'T' && frost_process_start_time(pid) == start;
}
