/* SPDX-License-Identifier: MIT */
#include "child-watch.h"

#include <glib-unix.h>
#include <stdbool.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "source.h"

struct FrostChildWatch {
    pid_t pid;
    int pidfd;
    bool reaped;
    int status;
    GSource *source;
    FrostChildEnded ended;
    void *user;
};

static gboolean
on_readable(gint fd, GIOCondition condition, gpointer user)
{
    FrostChildWatch *self = user;

    self->ended(self->user, self);
    return G_SOURCE_REMOVE;
}

FrostChildWatch *
frost_child_watch_new(pid_t pid, GMainContext *context, FrostChildEnded ended, void *user)
{
    int pidfd = (int)syscall(SYS_pidfd_open, pid, 0);

    if (pidfd < 0)
        return NULL;

    FrostChildWatch *self = g_new0(FrostChildWatch, 1);
    self->pid = pid;
    self->pidfd = pidfd;
    self->ended = ended;
    self->user = user;
    self->source = frost_source_attach(g_unix_fd_source_new(pidfd, G_IO_IN), context,
                                       G_SOURCE_FUNC(on_readable), self);
    return self;
}

pid_t
frost_child_watch_pid(const FrostChildWatch *self)
{
    return self->pid;
}

int
frost_child_watch_status(FrostChildWatch *self)
{
    if (!self->reaped && waitpid(self->pid, &self->status, WNOHANG) == self->pid)
        self->reaped = true;
    return self->status;
}

void
frost_child_watch_free(FrostChildWatch *self)
{
    if (!self)
        return;
    frost_child_watch_status(self);
    frost_source_drop(&self->source);
    close(self->pidfd);
    g_free(self);
}
