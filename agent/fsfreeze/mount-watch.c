/* SPDX-License-Identifier: MIT */
#include "mount-watch.h"

#include <fcntl.h>
#include <glib.h>
#include <poll.h>
#include <unistd.h>

struct FrostMountWatch {
    int fd;
};

/* The kernel compares with the state of the table at the open, or at the last poll. */
static bool
has_changed(int fd)
{
    struct pollfd table = {.fd = fd, .events = POLLPRI};

    return poll(&table, 1, 0) > 0 && (table.revents & (POLLPRI | POLLERR));
}

FrostMountWatch *
frost_mount_watch_new(const FrostSys *sys)
{
    FrostMountWatch *self = g_new(FrostMountWatch, 1);
    g_autofree char *table = frost_sys_mount_table(sys);

    self->fd = open(table, O_RDONLY | O_CLOEXEC);
    return self;
}

bool
frost_mount_watch_end(FrostMountWatch *self)
{
    if (!self)
        return false;
    bool changed = self->fd >= 0 && has_changed(self->fd);
    if (self->fd >= 0)
        close(self->fd);
    g_free(self);
    return changed;
}
