/* SPDX-License-Identifier: MIT */
#include "block-topology.h"

#include <errno.h>
#include <linux/major.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "disk-origin.h"

#define SYSFS_BLOCK "/sys/dev/block"
#define SYSFS_BTRFS "/sys/fs/btrfs"
#define SECTOR 512

void
frost_foundation_free(FrostFoundation *self)
{
    g_array_unref(self->devices);
    g_array_unref(self->backings);
    g_free(self->unseen);
    g_free(self);
}

static char *
sysfs_path(dev_t device, const char *rest)
{
    return g_strdup_printf(SYSFS_BLOCK "/%u:%u%s", major(device), minor(device), rest);
}

static void
cannot_see(FrostFoundation *self, const char *what, dev_t device, int error)
{
    if (!self->unseen)
        self->unseen = g_strdup_printf("%s of block device %u:%u: %s", what, major(device),
                                       minor(device), g_strerror(error));
}

static bool
contains_dev(const GArray *devices, dev_t device)
{
    for (guint i = 0; i < devices->len; i++) {
        if (g_array_index(devices, dev_t, i) == device)
            return true;
    }
    return false;
}

/* The list is also the queue of the search: a loop over its index reaches what is added here. A
 * device is added only once, so the search ends even if devices stand on each other. */
static void
add_device(FrostFoundation *self, dev_t device)
{
    if (!contains_dev(self->devices, device))
        g_array_append_val(self->devices, device);
}

static void
may_be_on_anything(FrostFoundation *self, const char *folder)
{
    g_autofree char *name = g_path_get_basename(folder);

    if (!self->unseen)
        self->unseen = g_strdup_printf("%s may be served by this machine itself", name);
}

/* Reads a `dev` file, which has "8:1\n". */
static int
read_dev(FrostSys *sys, const char *path, dev_t *out)
{
    g_autofree char *text = NULL;
    int r = sys->read_file(sys, path, &text, NULL);
    if (r < 0)
        return r;

    unsigned high, low;
    if (sscanf(text, "%u:%u", &high, &low) != 2)
        return -EINVAL;
    *out = makedev(high, low);
    return 0;
}

/* In sysfs, the folder of a partition is inside that of its disk. */
static int
disk_of_partition(FrostSys *sys, const char *folder, dev_t *out)
{
    g_autofree char *parent = g_path_get_dirname(folder);
    g_autofree char *path = g_strconcat(parent, "/dev", NULL);
    return read_dev(sys, path, out);
}

static void
add_bottom(FrostFoundation *self, bool in_memory)
{
    self->in_memory = in_memory && (self->bottoms == 0 || self->in_memory);
    self->bottoms++;
}

static void
follow_loop(FrostFoundation *self, FrostSys *sys, dev_t loop)
{
    FrostLoopBacking status;
    int r = sys->loop_backing(sys, loop, &status);

    add_bottom(self, false);
    if (r == -ENXIO)
        return;
    if (r < 0) {
        cannot_see(self, "backing file", loop, -r);
    } else if (status.rdev != 0) {
        add_device(self, status.rdev);
    } else {
        FrostBacking backing = {.loop = loop, .dev = status.dev, .ino = status.ino};
        g_array_append_val(self->backings, backing);
    }
}

/* @disk: one that has nothing below it. */
static bool
is_in_memory(FrostFoundation *self, FrostSys *sys, dev_t disk)
{
    g_autofree char *link = sysfs_path(disk, "");
    g_autofree char *folder = NULL;
    int r = sys->resolve(sys, link, &folder);

    if (r < 0) {
        cannot_see(self, "sysfs folder", disk, -r);
        return false;
    }
    FrostOrigin origin = frost_origin_of_disk(sys, folder);
    if (origin == FROST_ORIGIN_SERVED)
        may_be_on_anything(self, folder);
    return origin == FROST_ORIGIN_MEMORY;
}

/* Each disk has the folder, empty or not. A missing sysfs must not look like a disk with nothing
 * below. */
static void
follow_slaves(FrostFoundation *self, FrostSys *sys, dev_t device)
{
    g_autofree char *dir = sysfs_path(device, "/slaves");
    g_auto(GStrv) names = NULL;
    int r = sys->list_dir(sys, dir, &names);

    if (r >= 0 && !*names) {
        add_bottom(self, is_in_memory(self, sys, device));
        return;
    }
    if (r < 0)
        cannot_see(self, "slaves", device, -r);
    for (char **name = names; name && *name; name++) {
        g_autofree char *path = g_strconcat(dir, "/", *name, "/dev", NULL);
        dev_t slave;

        r = read_dev(sys, path, &slave);
        if (r < 0)
            cannot_see(self, "slaves", device, -r);
        else
            add_device(self, slave);
    }
}

static void
follow(FrostFoundation *self, FrostSys *sys, dev_t device)
{
    g_autofree char *link = sysfs_path(device, "");
    g_autofree char *partition_path = sysfs_path(device, "/partition");
    g_autofree char *folder = NULL, *partition = NULL;
    dev_t found;
    int r = sys->resolve(sys, link, &folder);

    if (r < 0) {
        cannot_see(self, "sysfs folder", device, -r);
        return;
    }
    r = sys->read_file(sys, partition_path, &partition, NULL);
    if (r == 0)
        r = disk_of_partition(sys, folder, &found);
    if (r == 0)
        add_device(self, found);
    else if (r != -ENOENT)
        cannot_see(self, "disk", device, -r);
    else if (major(device) == LOOP_MAJOR)
        follow_loop(self, sys, device);
    else
        follow_slaves(self, sys, device);
}

bool
frost_block_device_has_gone(FrostSys *sys, dev_t device)
{
    g_autofree char *link = sysfs_path(device, "");
    g_autofree char *folder = NULL;

    /* a filesystem on flash (MTD) has a number that belongs to no block device */
    return major(device) != MTD_BLOCK_MAJOR && sys->resolve(sys, link, &folder) == -ENOENT &&
           sys->resolve(sys, SYSFS_BLOCK, &folder) == 0;
}

FrostFoundation *
frost_foundation_of(FrostSys *sys, dev_t device)
{
    FrostFoundation *self = g_new0(FrostFoundation, 1);

    self->devices = g_array_new(FALSE, FALSE, sizeof(dev_t));
    self->backings = g_array_new(FALSE, FALSE, sizeof(FrostBacking));
    add_device(self, device);
    for (guint i = 0; i < self->devices->len; i++)
        follow(self, sys, g_array_index(self->devices, dev_t, i));
    return self;
}

char *
frost_block_device_name(FrostSys *sys, dev_t device)
{
    g_autofree char *link = sysfs_path(device, "");
    g_autofree char *folder = NULL;

    return sys->resolve(sys, link, &folder) < 0 ? NULL : g_path_get_basename(folder);
}

int64_t
frost_block_device_size(FrostSys *sys, dev_t device)
{
    g_autofree char *path = sysfs_path(device, "/size");
    g_autofree char *text = NULL;
    int r = sys->read_file(sys, path, &text, NULL);

    return r < 0 ? r : g_ascii_strtoll(text, NULL, 10) * SECTOR;
}

int
frost_block_device_called(FrostSys *sys, const char *folder, dev_t *out)
{
    g_autofree char *path = g_strconcat(folder, "/dev", NULL);

    return read_dev(sys, path, out);
}

dev_t
frost_block_device_at(FrostSys *sys, const char *path)
{
    FrostStat stat;

    if (!g_str_has_prefix(path, "/dev/"))
        return 0;
    g_autofree char *reached = frost_sys_mounted_path(sys, path);
    if (sys->stat_path(sys, reached, &stat) < 0 || !S_ISBLK(stat.mode))
        return 0;
    return stat.rdev;
}

int
frost_loop_backing_path(FrostSys *sys, dev_t loop, char **out_path)
{
    g_autofree char *file = sysfs_path(loop, "/loop/backing_file");
    g_autofree char *text = NULL;
    int r = sys->read_file(sys, file, &text, NULL);
    if (r < 0)
        return r;

    size_t length = strlen(text);
    if (length > 0 && text[length - 1] == '\n')
        text[length - 1] = '\0';
    if (*text != '/')
        return -EINVAL;
    *out_path = g_steal_pointer(&text);
    return 0;
}

static GArray *
read_members(FrostSys *sys, const char *uuid)
{
    GArray *devices = g_array_new(FALSE, FALSE, sizeof(dev_t));
    g_autofree char *dir = g_strconcat(SYSFS_BTRFS "/", uuid, "/devices", NULL);
    g_auto(GStrv) names = NULL;

    if (sys->list_dir(sys, dir, &names) < 0)
        return devices;
    for (char **name = names; *name; name++) {
        g_autofree char *path = g_strconcat(dir, "/", *name, "/dev", NULL);
        dev_t member;

        if (read_dev(sys, path, &member) == 0)
            g_array_append_val(devices, member);
    }
    return devices;
}

static char *
format_uuid(const uint8_t *id)
{
    return g_strdup_printf("%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x",
                           id[0], id[1], id[2], id[3], id[4], id[5], id[6], id[7], id[8], id[9],
                           id[10], id[11], id[12], id[13], id[14], id[15]);
}

bool
frost_btrfs_has_gone(FrostSys *sys, const uint8_t *fsid)
{
    g_autofree char *uuid = format_uuid(fsid);
    g_autofree char *dir = g_strconcat(SYSFS_BTRFS "/", uuid, "/devices", NULL);
    g_auto(GStrv) names = NULL;

    return sys->list_dir(sys, dir, &names) >= 0 && !*names;
}

GArray *
frost_btrfs_devices(FrostSys *sys, const uint8_t *fsid, dev_t member)
{
    if (fsid) {
        g_autofree char *uuid = format_uuid(fsid);
        return read_members(sys, uuid);
    }

    g_auto(GStrv) uuids = NULL;
    if (sys->list_dir(sys, SYSFS_BTRFS, &uuids) < 0)
        uuids = NULL;
    for (char **uuid = uuids; uuid && *uuid; uuid++) {
        GArray *devices = read_members(sys, *uuid);
        if (contains_dev(devices, member))
            return devices;
        g_array_unref(devices);
    }
    return g_array_new(FALSE, FALSE, sizeof(dev_t));
}
