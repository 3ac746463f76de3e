/* SPDX-License-Identifier: MIT */
#include "filesystems.h"

#include <sys/sysmacros.h>

#include "disk-address.h"
#include "mountinfo.h"
#include "superblock.h"
#include "sysfs-text.h"

G_DEFINE_QUARK(frost_filesystems_error, frost_filesystems_error)

static void
mounted_free(gpointer data)
{
    FrostMounted *self = data;

    g_free(self->name);
    g_free(self->mount_point);
    g_free(self->path);
    g_free(self->type);
    g_ptr_array_unref(self->disks);
    g_free(self);
}

static bool
is_on_block_device(const FrostSuperblock *superblock)
{
    return superblock->kind == FROST_KIND_BLOCK || superblock->kind == FROST_KIND_BTRFS ||
           superblock->kind == FROST_KIND_FUSEBLK;
}

/* The oldest mount whose mount point leads to the filesystem; NULL: all are covered. */
static const FrostMount *
find_reachable(const FrostSuperblock *superblock, const GPtrArray *mounts)
{
    for (guint i = 0; i < superblock->mounts->len; i++) {
        const FrostMount *mount = superblock->mounts->pdata[i];
        const FrostMount *end = frost_mountinfo_leads_to(mounts, mount->mount_point);

        if (end && frost_superblock_has_mount(superblock, end->id))
            return mount;
    }
    return NULL;
}

/* (nullable): the folder of @device in sysfs. */
static char *
folder_of(const char *root, dev_t device)
{
    g_autofree char *link = g_strdup_printf("/sys/dev/block/%u:%u", major(device), minor(device));
    char *folder = NULL;

    return frost_sysfs_resolve(root, link, &folder) < 0 ? NULL : folder;
}

static FrostMounted *
mounted_new(const char *root, const FrostSuperblock *superblock, const GPtrArray *mounts)
{
    dev_t device = frost_superblock_device(superblock);
    if (device == 0)
        return NULL;

    const FrostMount *reachable = find_reachable(superblock, mounts);
    const FrostMount *shown = reachable ? reachable : frost_superblock_main(superblock);
    g_autofree char *folder = folder_of(root, device);
    FrostMounted *self = g_new0(FrostMounted, 1);

    self->name = folder ? g_path_get_basename(folder)
                        : g_strdup_printf("%u:%u", major(device), minor(device));
    self->mount_point = g_strdup(shown->mount_point);
    self->path = frost_sys_mounted_path(superblock->sys, shown->mount_point);
    self->type = g_strdup(shown->fs_type);
    self->is_reachable = reachable != NULL;
    self->is_served = superblock->kind == FROST_KIND_FUSEBLK;
    self->verify = superblock->kind == FROST_KIND_BTRFS ? 0 : superblock->dev;
    self->disks = frost_disk_addresses_of(root, folder);
    return self;
}

GPtrArray *
frost_filesystems_read(FrostSys *sys, const char *root, GError **error)
{
    g_autofree char *table = frost_sys_mount_table(sys);
    g_autofree char *text = NULL;
    size_t length = 0;
    unsigned bad_lines;
    int r = sys->read_file(sys, table, &text, &length);

    if (r < 0) {
        g_set_error(error, FROST_FILESYSTEMS_ERROR, FROST_FILESYSTEMS_ERROR_READ,
                    "failed to open mtab file: '%s': %s", table, g_strerror(-r));
        return NULL;
    }
    g_autoptr(GPtrArray) mounts = frost_mountinfo_parse(text, length, &bad_lines);
    g_autoptr(GPtrArray) superblocks = frost_superblocks_of(sys, mounts);
    GPtrArray *list = g_ptr_array_new_with_free_func(mounted_free);

    for (guint i = 0; i < superblocks->len; i++) {
        const FrostSuperblock *superblock = superblocks->pdata[i];
        FrostMounted *mounted =
            is_on_block_device(superblock) ? mounted_new(root, superblock, mounts) : NULL;

        if (mounted)
            g_ptr_array_add(list, mounted);
    }
    return list;
}
