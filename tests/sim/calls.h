/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * calls.h - what the code under test calls, and the simulation answers
 *
 * The linker puts __wrap_NAME in the place of NAME (meson.build has the list).
 */

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

/* For what the filter of a sealed freezer refuses (call-filter.h). */
static inline void
must_not_be_sealed(const char *call)
{
    if (world->current->process->is_sealed)
        world_fail("a sealed freezer calls %s", call);
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

/* Gives the process that begins its main loop, whose waits are ours. */
GMainContext *calls_new_context(void);
