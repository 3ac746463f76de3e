/* SPDX-License-Identifier: MIT */
#include "superblock.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "block-topology.h"

static const char *const MEMORY_TYPES[] = {"tmpfs",    "ramfs",     "rootfs",
                                           "devtmpfs", "hugetlbfs", NULL};

void
frost_superblock_free(FrostSuperblock *self)
{
    frost_superblock_close(self);
    g_ptr_array_unref(self->mounts);
    g_array_unref(self->subvolumes);
    g_array_unref(self->disks);
    g_free(self->unseen);
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
frost_superblock_new(FrostSys *sys, FrostMount *mount, const GPtrArray *table, pid_t seen_by,
                     const char *seen_as)
{
    FrostSuperblock *self = g_new0(FrostSuperblock, 1);

    self->sys = sys;
    self->table = table;
    self->seen_by = seen_by;
    self->seen_as = seen_as;
    self->kind = kind_of(mount);
    self->mounts = g_ptr_array_new();
    g_ptr_array_add(self->mounts, mount);
    self->dev = mount->dev;
    self->fd = -1;
    self->subvolumes = g_array_new(FALSE, FALSE, sizeof(dev_t));
    self->disks = g_array_new(FALSE, FALSE, sizeof(dev_t));
    return self;
}

const FrostMount *
frost_superblock_main(const FrostSuperblock *self)
{
    return self->mounts->pdata[0];
}

char *
frost_superblock_shown_path(const FrostSuperblock *self, const char *path)
{
    return g_strconcat(self->seen_as ? self->seen_as : "", path, NULL);
}

char *
frost_superblock_name(const FrostSuperblock *self)
{
    return frost_superblock_shown_path(self, frost_superblock_main(self)->mount_point);
}

/* The path by which this process reaches @path of the filesystem's mount namespace. */
static char *
reached_path(const FrostSuperblock *self, const char *path)
{
    return self->seen_by > 0 ? g_strdup_printf("/proc/%d/root%s", (int)self->seen_by, path)
                             : frost_sys_mounted_path(self->sys, path);
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

/* The id of the mount behind @fd, which shows what filesystem it is on. The st_dev of a btrfs does
 * not, as it is the subvolume's. The path is /proc/thread-self because the planner's thread has a
 * descriptor table of its own. */
static int
mount_id_of(FrostSys *sys, int fd, unsigned *out)
{
    char path[sizeof("/proc/thread-self/fdinfo/") + 3 * sizeof(int)];
    g_autofree char *text = NULL;

    snprintf(path, sizeof(path), "/proc/thread-self/fdinfo/%d", fd);
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

/* 0: @fd is on this filesystem; -ENOENT: it is on another one. */
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

/* True if looking up a path on this mount may hang for ever. */
static bool
may_hang(const FrostMount *mount)
{
    static const char *const TYPES[] = {"9p",  "afs",  "autofs", "ceph",     "cifs", "coda",
                                        "nfs", "nfs4", "smb3",   "virtiofs", NULL};

    return g_str_has_prefix(mount->fs_type, "fuse") || g_strv_contains(TYPES, mount->fs_type);
}

/* True if the path to @mount crosses a mount that may hang. Takes no more steps than there are
 * mounts, in case the table has a cycle. */
static bool
way_may_hang(const GPtrArray *table, const FrostMount *mount)
{
    const FrostMount *at = mount->parent;

    for (guint steps = 0; at && steps < table->len; steps++) {
        if (may_hang(at))
            return true;
        at = at->parent;
    }
    return false;
}

/* Opens nothing, and returns -ENOENT, if the path leads to another superblock: that may be a
 * network filesystem, on which an open hangs. */
static int
open_by(FrostSuperblock *self, const FrostMount *mount)
{
    const FrostMount *end = frost_mountinfo_leads_to(self->table, mount->mount_point);
    if (end && !frost_superblock_has_mount(self, end->id))
        return -ENOENT;
    if (self->seen_by > 0 && way_may_hang(self->table, mount))
        return -ENOENT;

    g_autofree char *path = reached_path(self, mount->mount_point);
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
frost_superblock_open(FrostSuperblock *self, char **out_path)
{
    const char *path = frost_superblock_main(self)->mount_point;
    int failed = -ENOENT;

    for (guint i = 0; i < self->mounts->len && self->fd < 0; i++) {
        const FrostMount *mount = self->mounts->pdata[i];
        int r = open_by(self, mount);

        if (r < 0 && !is_hidden(-r) && failed == -ENOENT) {
            failed = r;
            path = mount->mount_point;
        }
    }
    if (self->fd >= 0)
        return 0;
    if (out_path)
        *out_path = frost_superblock_shown_path(self, path);
    return failed;
}

void
frost_superblock_close(FrostSuperblock *self)
{
    if (self->fd >= 0)
        self->sys->close(self->sys, self->fd);
    self->fd = -1;
}

static dev_t
device_of_source(const FrostSuperblock *self)
{
    return frost_block_device_at(self->sys, frost_superblock_main(self)->source);
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

/* Notes the st_dev of each subvolume that is mounted and whose mount point is not covered. */
static void
read_subvolumes(FrostSuperblock *self)
{
    self->subvolumes_known = true;
    for (guint i = 0; i < self->mounts->len; i++) {
        const FrostMount *mount = self->mounts->pdata[i];
        const FrostMount *end = frost_mountinfo_leads_to(self->table, mount->mount_point);
        g_autofree char *path = reached_path(self, mount->mount_point);
        FrostStat stat;

        if (end == mount && self->sys->stat_path(self->sys, path, &stat) == 0)
            remember_subvolume(self, stat.dev);
    }
}

bool
frost_superblock_holds(FrostSuperblock *self, dev_t dev)
{
    if (dev == self->dev)
        return true;
    if (self->kind != FROST_KIND_BTRFS || major(dev) != 0)
        return false;
    if (!self->subvolumes_known)
        read_subvolumes(self);
    for (guint i = 0; i < self->subvolumes->len; i++) {
        if (g_array_index(self->subvolumes, dev_t, i) == dev)
            return true;
    }
    return false;
}
