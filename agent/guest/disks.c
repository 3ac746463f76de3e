/* SPDX-License-Identifier: MIT */
#include "disks.h"

#include "sysfs-text.h"

#define FOLDER "/sys/block"

G_DEFINE_QUARK(frost_disks_error, frost_disks_error)

static void
disk_free(gpointer data)
{
    FrostDisk *disk = data;

    g_free(disk->node);
    g_ptr_array_unref(disk->stands_on);
    frost_disk_address_free(disk->address);
    g_free(disk->alias);
    g_free(disk);
}

static FrostDisk *
add(GPtrArray *disks, char *node)
{
    FrostDisk *disk = g_new0(FrostDisk, 1);

    disk->node = node;
    disk->stands_on = g_ptr_array_new_with_free_func(g_free);
    g_ptr_array_add(disks, disk);
    return disk;
}

static bool
is_empty(const char *root, const char *folder)
{
    g_autofree char *path = g_strconcat(folder, "/size", NULL);
    uint64_t sectors;

    return frost_sysfs_read_number(root, path, 10, &sectors) < 0 || sectors == 0;
}

static void
read_members(const char *root, const char *folder, GPtrArray *nodes)
{
    g_autofree char *slaves = g_strconcat(folder, "/slaves", NULL);
    g_auto(GStrv) names = NULL;

    if (frost_sysfs_list(root, slaves, &names) < 0)
        return;
    for (char **name = names; *name; name++) {
        g_autofree char *member = g_strconcat(slaves, "/", *name, NULL);
        char *node = frost_disk_node(root, member);

        if (node)
            g_ptr_array_add(nodes, node);
    }
}

/* Their folders are inside that of the disk, and their names begin with its name. */
static void
read_partitions(const char *root, const char *folder, const char *disk_node, GPtrArray *disks)
{
    g_autofree char *disk_name = g_path_get_basename(folder);
    g_auto(GStrv) names = NULL;

    if (frost_sysfs_list(root, folder, &names) < 0)
        return;
    for (char **name = names; *name; name++) {
        g_autofree char *partition = g_strconcat(folder, "/", *name, NULL);
        g_autofree char *mark = g_strconcat(partition, "/partition", NULL);
        char *node = NULL;

        if (g_str_has_prefix(*name, disk_name) && frost_sysfs_has(root, mark))
            node = frost_disk_node(root, partition);
        if (!node)
            continue;
        FrostDisk *disk = add(disks, node);
        disk->is_partition = true;
        g_ptr_array_add(disk->stands_on, g_strdup(disk_node));
    }
}

static void
read_disk(const char *root, const char *name, GPtrArray *disks)
{
    g_autofree char *link = g_strconcat(FOLDER "/", name, NULL);
    g_autofree char *folder = NULL;

    if (frost_sysfs_resolve(root, link, &folder) < 0 || is_empty(root, folder))
        return;
    char *node = frost_disk_node(root, folder);
    if (!node)
        return;

    FrostDisk *disk = add(disks, node);
    g_autofree char *alias = g_strconcat(folder, "/dm/name", NULL);
    disk->address = frost_disk_address_new(root, folder);
    if (frost_sysfs_read(root, alias, &disk->alias) < 0)
        disk->alias = NULL;
    read_members(root, folder, disk->stands_on);
    read_partitions(root, folder, node, disks);
}

GPtrArray *
frost_disks_read(const char *root, GError **error)
{
    g_auto(GStrv) names = NULL;
    int r = frost_sysfs_list(root, FOLDER, &names);

    if (r < 0) {
        g_set_error(error, FROST_DISKS_ERROR, FROST_DISKS_ERROR_READ,
                    "cannot open directory \"" FOLDER "\": %s", g_strerror(-r));
        return NULL;
    }
    GPtrArray *disks = g_ptr_array_new_with_free_func(disk_free);
    for (char **name = names; *name; name++)
        read_disk(root, *name, disks);
    return disks;
}
