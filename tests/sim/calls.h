/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * calls.h - what the code under test calls, and the simulation answers
 *
 * The linker puts __wrap_NAME in the place of NAME (meson.build has the list).
 */

#include <sys/socket.h>

#include "files.h"
#include "process.h"
#include "schedule.h"
#include "trouble.h"
#include "world.h"

/* -1 with errno, or what is not negative. */
static inline int
answer_errno(int r)
{
    if (r >= 0)
        return r;
    errno = -r;
    return -1;
}

/* Sets errno, as the kernel would. */
static inline bool
is_refused(TroubleCall call)
{
    int why = trouble_refuses(call);

    if (why != 0)
        errno = why;
    return why != 0;
}

/* For what the filters of a sealed freezer and parser refuse (call-filter.h, parse-filter.h). */
static inline void
must_not_be_sealed(const char *call)
{
    if (world->current->process->is_sealed)
        world_fail("%s is sealed and calls %s", process_name(world->current->process), call);
}

static inline Files *
own_files(void)
{
    return world->current->files;
}

static inline OpenFile *
own_file(int fd, FileKind kind)
{
    OpenFile *file = files_get(own_files(), fd);

    if (file && file->kind == kind)
        return file;
    errno = EBADF;
    return NULL;
}

static inline int
install(OpenFile *file, bool close_on_exec)
{
    return answer_errno(files_install(own_files(), file, close_on_exec));
}

/* Bytes between agent and parser (calls-streams.c). */
void stream_pair_new(OpenFile *out_pair[2]);
ssize_t stream_read(OpenFile *file, int fd, void *out, size_t size, int flags);
ssize_t stream_write(OpenFile *file, const void *bytes, size_t size);
ssize_t stream_send(OpenFile *file, const struct msghdr *message);

/* Gives the process that begins its main loop, whose waits are ours. */
GMainContext *calls_new_context(void);
