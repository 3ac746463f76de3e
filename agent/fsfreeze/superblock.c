/* SPDX-License-Identifier: MIT */
#include "superblock.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "topology.h"

static const char *const MEMORY_TYPES[] = {"tmpfs",    "ramfs",     "rootfs",
                                           "devtmpfs", "hugetlbfs", NULL};

void
frost_superblock_free(FrostSuperblock *self)
{
    frost_superblock_close(self);
    g_ptr_array_unref(self->mounts);
    g_array_unref(self->subvolumes);
    g_free(self);
}

static FrostKind
kind_of(const FrostMount *mount)
{
    const char *type = mount->fs_type;

    if (g_str_has_prefix(type, "fuse"))
        return major(mount->dev) != 0 ? FROST_KIND_FUSEBLK : FROST_KIND_OTHER;
    if (strcmp(type, "btrfs") == 0)
        return FROST_KIND_BTRFS;
    if (strcmp(type, "zfs") == 0)
        return FROST_KIND_ZFS;
    if (major(mount->dev) != 0)
        return FROST_KIND_BLOCK;
    if (strcmp(type, "overlay") == 0)
        return FROST_KIND_OVERLAY;
    return g_strv_contains(MEMORY_TYPES, type) ? FROST_KIND_MEMORY : FROST_KIND_OTHER;
}

FrostSuperblock *
frost_superblock_new(FrostSys *sys, FrostMount *mount)
{
    FrostSuperblock *self = g_new0(FrostSuperblock, 1);

    self->sys = sys;
    self->kind = kind_of(mount);
    self->mounts = g_ptr_array_new();
    g_ptr_array_add(self->mounts, mount);
    self->dev = mount->dev;
    self->fd = -1;
    self->subvolumes = g_array_new(FALSE, FALSE, sizeof(dev_t));
    return self;
}

const FrostMount *
frost_superblock_main(const FrostSuperblock *self)
{
    return self->mounts->pdata[0];
}

bool
frost_superblock_may_be_opened(const FrostSuperblock *self)
{
    return self->kind == FROST_KIND_BLOCK || self->kind == FROST_KIND_BTRFS ||
           self->kind == FROST_KIND_ZFS;
}

bool
frost_superblock_has_mount(const FrostSuperblock *self, unsigned id)
{
    for (guint i = 0; i < self->mounts->len; i++) {
        const FrostMount *mount = self->mounts->pdata[i];
        if (mount->id == id)
            return true;
    }
    return false;
}

static bool
is_hidden(int error)
{
    return error == ENOENT || error == ENOTDIR || error == ELOOP || error == ENXIO ||
           error == ESTALE;
}

/* Of a btrfs st_dev is that of the subvolume and tells nothing; the mount behind the descriptor
 * does. */
static int
mount_id_of(FrostSys *sys, int fd, unsigned *out)
{
    char path[sizeof("/proc/self/fdinfo/") + 3 * sizeof(int)];
    g_autofree char *text = NULL;

    snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fd);
    int r = sys->read_file(sys, path, &text, NULL);
    if (r < 0)
        return r;

    const char *at = strstr(text, "mnt_id:");
    return at && sscanf(at, "mnt_id: %u", out) == 1 ? 0 : -EINVAL;
}

static void
remember_subvolume(FrostSuperblock *self, dev_t dev)
{
    g_array_append_val(self->subvolumes, dev);
}

/* 0: the descriptor is this filesystem; -ENOENT: it is another one. */
static int
verify(FrostSuperblock *self, int fd)
{
    FrostStat stat;
    int r = self->sys->stat_fd(self->sys, fd, &stat);
    if (r < 0)
        return r;
    if (self->kind != FROST_KIND_BTRFS)
        return stat.dev == self->dev ? 0 : -ENOENT;

    unsigned id;
    r = mount_id_of(self->sys, fd, &id);
    if (r < 0)
        return r;
    if (!frost_superblock_has_mount(self, id))
        return -ENOENT;
    remember_subvolume(self, stat.dev);
    self->has_fsid = self->sys->btrfs_fsid(self->sys, fd, self->fsid) == 0;
    return 0;
}

/* -ENOENT without opening anything where the path leads to another superblock: what covers this
 * one may be a network filesystem, and an open there may hang. */
static int
open_by(FrostSuperblock *self, const GPtrArray *mounts, const FrostMount *mount)
{
    const FrostMount *end = frost_mountinfo_leads_to(mounts, mount->mount_point);
    if (end && !frost_superblock_has_mount(self, end->id))
        return -ENOENT;

    g_autofree char *path = frost_sys_mounted_path(self->sys, mount->mount_point);
    int fd = self->sys->open_mount(self->sys, path);
    if (fd < 0)
        return fd;
    int r = verify(self, fd);
    if (r < 0) {
        self->sys->close(self->sys, fd);
        return r;
    }
    self->fd = fd;
    self->opened = mount;
    return 0;
}

int
frost_superblock_open(FrostSuperblock *self, const GPtrArray *mounts, char **out_path)
{
    const char *path = frost_superblock_main(self)->mount_point;
    int failed = -ENOENT;

    for (guint i = 0; i < self->mounts->len && self->fd < 0; i++) {
        const FrostMount *mount = self->mounts->pdata[i];
        int r = open_by(self, mounts, mount);

        if (r < 0 && !is_hidden(-r) && failed == -ENOENT) {
            failed = r;
            path = mount->mount_point;
        }
    }
    if (self->fd >= 0)
        return 0;
    if (out_path)
        *out_path = g_strdup(path);
    return failed;
}

void
frost_superblock_close(FrostSuperblock *self)
{
    if (self->fd >= 0)
        self->sys->close(self->sys, self->fd);
    self->fd = -1;
}

/* The device that a source names, if it does. Only nodes in /dev are looked at: any other path may
 * lead to where a look-up hangs. */
static dev_t
device_of_source(const FrostSuperblock *self)
{
    const char *source = frost_superblock_main(self)->source;
    FrostStat stat;

    if (!g_str_has_prefix(source, "/dev/"))
        return 0;
    g_autofree char *path = frost_sys_mounted_path(self->sys, source);
    if (self->sys->stat_path(self->sys, path, &stat) < 0 || !S_ISBLK(stat.mode))
        return 0;
    return stat.rdev;
}

GArray *
frost_superblock_devices(const FrostSuperblock *self)
{
    GArray *devices;
    dev_t device = self->dev;

    if (self->kind == FROST_KIND_BTRFS) {
        device = device_of_source(self);
        devices = frost_btrfs_devices(self->sys, self->has_fsid ? self->fsid : NULL, device);
    } else {
        devices = g_array_new(FALSE, FALSE, sizeof(dev_t));
    }
    if (devices->len == 0 && major(device) != 0)
        g_array_append_val(devices, device);
    return devices;
}

dev_t
frost_superblock_device(const FrostSuperblock *self)
{
    if (self->kind == FROST_KIND_BTRFS) {
        dev_t device = device_of_source(self);
        if (device)
            return device;
    }
    g_autoptr(GArray) devices = frost_superblock_devices(self);
    return devices->len > 0 ? g_array_index(devices, dev_t, 0) : 0;
}

/* The subvolumes that are mounted, each seen through its mount point where that is not covered. */
static void
look_at_subvolumes(FrostSuperblock *self, const GPtrArray *mounts)
{
    self->looked_at = true;
    for (guint i = 0; i < self->mounts->len; i++) {
        const FrostMount *mount = self->mounts->pdata[i];
        const FrostMount *end = frost_mountinfo_leads_to(mounts, mount->mount_point);
        g_autofree char *path = frost_sys_mounted_path(self->sys, mount->mount_point);
        FrostStat stat;

        if (end == mount && self->sys->stat_path(self->sys, path, &stat) == 0)
            remember_subvolume(self, stat.dev);
    }
}

bool
frost_superblock_holds(FrostSuperblock *self, const GPtrArray *mounts, dev_t dev)
{
    if (dev == self->dev)
        return true;
    if (self->kind != FROST_KIND_BTRFS || major(dev) != 0)
        return false;
    if (!self->looked_at)
        look_at_subvolumes(self, mounts);
    for (guint i = 0; i < self->subvolumes->len; i++) {
        if (g_array_index(self->subvolumes, dev_t, i) == dev)
            return true;
    }
    return false;
}
