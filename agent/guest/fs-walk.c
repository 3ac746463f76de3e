/* SPDX-License-Identifier: MIT */
#include "fs-walk.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

struct FrostFsWalk {
    gint users;
    gint next; /* the first filesystem that no walker has begun */
    GPtrArray *list;
};

typedef void (*Visit)(FrostMounted *mounted, int fd, uint64_t minimum);

FrostFsWalk *
frost_fs_walk_new(GPtrArray *list)
{
    FrostFsWalk *self = g_new0(FrostFsWalk, 1);

    self->users = 1;
    self->list = list;
    return self;
}

FrostFsWalk *
frost_fs_walk_ref(FrostFsWalk *self)
{
    g_atomic_int_inc(&self->users);
    return self;
}

void
frost_fs_walk_unref(FrostFsWalk *self)
{
    if (!self || !g_atomic_int_dec_and_test(&self->users))
        return;
    g_ptr_array_unref(self->list);
    g_free(self);
}

unsigned
frost_fs_walk_length(const FrostFsWalk *self)
{
    return self->list->len;
}

const FrostMounted *
frost_fs_walk_at(const FrostFsWalk *self, unsigned index)
{
    return g_ptr_array_index(self->list, index);
}

bool
frost_mounted_is_done(const FrostMounted *mounted)
{
    return g_atomic_int_get(&mounted->is_done);
}

void
frost_fs_walk_stop(FrostFsWalk *self)
{
    g_atomic_int_set(&self->next, G_MAXINT / 2);
}

/* Opens the filesystem, and verifies that it is this one. A descriptor, or a negative errno. */
static int
open_verified(const FrostMounted *mounted, int flags)
{
    struct stat st;

    if (!mounted->is_reachable)
        return -ENOENT;
    int fd = open(mounted->path, flags | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0)
        return -errno;
    int r = fstat(fd, &st) < 0                                     ? -errno
            : mounted->verify != 0 && st.st_dev != mounted->verify ? -ESTALE
                                                                   : 0;
    if (r < 0)
        close(fd);
    return r < 0 ? r : fd;
}

static void
visit_rest(FrostFsWalk *self, int flags, Visit visit, uint64_t minimum)
{
    for (;;) {
        gint index = g_atomic_int_add(&self->next, 1);

        if (index < 0 || (guint)index >= self->list->len)
            return;
        FrostMounted *mounted = g_ptr_array_index(self->list, index);
        /* on a filesystem that a process serves, any open may hang, except with O_PATH */
        bool is_refused = mounted->is_served && flags != O_PATH;
        int fd = is_refused ? -EOPNOTSUPP : open_verified(mounted, flags);

        if (is_refused) {
            mounted->refusal = EOPNOTSUPP;
        } else if (fd < 0) {
            mounted->error = -fd;
        } else {
            visit(mounted, fd, minimum);
            close(fd);
        }
        g_atomic_int_set(&mounted->is_done, 1);
    }
}

static void
measure(FrostMounted *mounted, int fd, uint64_t minimum)
{
    struct statvfs st;

    if (fstatvfs(fd, &st) < 0) {
        mounted->refusal = errno;
        return;
    }
    uint64_t used = st.f_blocks - st.f_bfree;
    mounted->space = (FrostSpace){.used = used * st.f_frsize,
                                  .total = (used + st.f_bavail) * st.f_frsize,
                                  .privileged = (uint64_t)st.f_blocks * st.f_frsize};
}

static void
trim(FrostMounted *mounted, int fd, uint64_t minimum)
{
    struct fstrim_range range = {.len = UINT64_MAX, .minlen = minimum};

    if (ioctl(fd, FITRIM, &range) < 0)
        mounted->refusal = errno;
    mounted->trimmed = range.len;
    mounted->minimum = range.minlen;
}

void
frost_fs_walk_measure(FrostFsWalk *self)
{
    visit_rest(self, O_PATH, measure, 0);
}

void
frost_fs_walk_trim(FrostFsWalk *self, uint64_t minimum)
{
    visit_rest(self, O_RDONLY | O_NONBLOCK | O_NOCTTY, trim, minimum);
}
