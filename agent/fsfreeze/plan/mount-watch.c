/* SPDX-License-Identifier: MIT */
#include "mount-watch.h"

#include <glib.h>

struct FrostMountWatch {
    FrostSys *sys;
    int fd; /* negative: the table cannot be watched */
};

FrostMountWatch *
frost_mount_watch_new(FrostSys *sys)
{
    FrostMountWatch *self = g_new(FrostMountWatch, 1);

    *self = (FrostMountWatch){.sys = sys, .fd = sys->watch_mounts(sys)};
    return self;
}

bool
frost_mount_watch_end(FrostMountWatch *self)
{
    if (!self)
        return false;
    bool changed = self->fd >= 0 && self->sys->mounts_changed(self->sys, self->fd);
    if (self->fd >= 0)
        self->sys->close(self->sys, self->fd);
    g_free(self);
    return changed;
}
