/* SPDX-License-Identifier: MIT */
#include "pipes.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

void
frost_pipes_find(FrostPipes *out)
{
    bool any = false;

    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
        struct stat st;

        out->is_pipe[fd] = fstat(fd, &st) == 0 && S_ISFIFO(st.st_mode);
        any = any || out->is_pipe[fd];
    }
    out->null = any ? open("/dev/null", O_RDWR | O_CLOEXEC) : -1;
}

void
frost_pipes_leave(const FrostPipes *self)
{
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
        if (self->null >= 0 && self->is_pipe[fd])
            dup3(self->null, fd, 0);
    }
}

void
frost_pipes_leave_now(void)
{
    FrostPipes pipes;

    frost_pipes_find(&pipes);
    frost_pipes_leave(&pipes);
    if (pipes.null >= 0)
        close(pipes.null);
}
