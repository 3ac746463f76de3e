/* SPDX-License-Identifier: MIT */
#include "plan-reopen.h"

#include <errno.h>
#include <sys/sysmacros.h>

#include "mountinfo.h"
#include "namespaces.h"
#include "superblock.h"

/* The block device decides. The anonymous number @mount_dev may belong to another filesystem by
 * now, and is compared only if there is no block device. */
static bool
is_wanted(const FrostSuperblock *superblock, dev_t mount_dev, dev_t device)
{
    if (!frost_superblock_may_be_opened(superblock))
        return false;
    if (device != 0) {
        g_autoptr(GArray) devices = frost_superblock_devices(superblock);

        for (guint i = 0; i < devices->len; i++) {
            if (g_array_index(devices, dev_t, i) == device)
                return true;
        }
        if (devices->len > 0)
            return false;
    }
    return superblock->dev == mount_dev;
}

/* Returns a descriptor, or a negative errno; -ENOENT: none of @superblocks is the one. */
static int
reopen_among(GPtrArray *superblocks, dev_t mount_dev, dev_t device)
{
    for (guint i = 0; i < superblocks->len; i++) {
        FrostSuperblock *superblock = superblocks->pdata[i];

        if (!is_wanted(superblock, mount_dev, device))
            continue;
        int r = frost_superblock_open(superblock, NULL);
        if (r < 0)
            return r;
        int fd = superblock->fd;
        superblock->fd = -1;
        return fd;
    }
    return -ENOENT;
}

/* Searches all other mount namespaces, even if the freeze had not been configured to. */
static int
reopen_elsewhere(FrostSys *sys, dev_t mount_dev, dev_t device)
{
    g_autoptr(GPtrArray) others = frost_namespaces_other(sys, NULL);
    int r = -ENOENT;

    for (guint i = 0; i < others->len && r < 0; i++) {
        const FrostNamespace *one = others->pdata[i];
        g_autoptr(GPtrArray) superblocks =
            frost_superblocks_seen_by(sys, one->mounts, one->pid, one->name);

        r = reopen_among(superblocks, mount_dev, device);
    }
    return r < 0 ? -ENOENT : r;
}

int
frost_plan_reopen(FrostSys *sys, dev_t mount_dev, dev_t device)
{
    g_autofree char *table = frost_sys_mount_table(sys);
    g_autofree char *text = NULL;
    size_t length;
    int r = sys->read_file(sys, table, &text, &length);
    if (r < 0) /* if that process has ended, another one may still show the mounts */
        return sys->mounts_of > 0 ? reopen_elsewhere(sys, mount_dev, device) : r;

    unsigned bad_lines;
    g_autoptr(GPtrArray) mounts = frost_mountinfo_parse(text, length, &bad_lines);
    g_autoptr(GPtrArray) superblocks = frost_superblocks_of(sys, mounts);
    r = reopen_among(superblocks, mount_dev, device);
    return r == -ENOENT ? reopen_elsewhere(sys, mount_dev, device) : r;
}
