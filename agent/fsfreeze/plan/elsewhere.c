/* SPDX-License-Identifier: MIT */
#include "elsewhere.h"

#include <string.h>

#include "block-topology.h"
#include "namespaces.h"
#include "superblock.h"

#define SYSFS_FS "/sys/fs"
#define CLASS_BLOCK "/sys/class/block"

typedef struct {
    FrostSys *sys;
    GArray *known;    /* of dev_t: the devices of the superblocks that the plan has already */
    GPtrArray *found; /* of FrostMount */
} Search;

static bool
contains(const GArray *devices, dev_t device)
{
    for (guint i = 0; i < devices->len; i++) {
        if (g_array_index(devices, dev_t, i) == device)
            return true;
    }
    return false;
}

static GArray *
known_devices(const GPtrArray *superblocks)
{
    GArray *known = g_array_new(FALSE, FALSE, sizeof(dev_t));

    for (guint i = 0; i < superblocks->len; i++) {
        const FrostSuperblock *superblock = superblocks->pdata[i];
        g_autoptr(GArray) devices = frost_superblock_devices(superblock);

        g_array_append_vals(known, devices->data, devices->len);
    }
    return known;
}

/* False if not known: only ext4 shows its options outside of the mount tables. */
static bool
is_read_only(FrostSys *sys, const char *type, const char *name)
{
    g_autofree char *path = g_strconcat("/proc/fs/", type, "/", name, "/options", NULL);
    g_autofree char *text = NULL;

    return sys->read_file(sys, path, &text, NULL) == 0 && g_str_has_prefix(text, "ro\n");
}

/* Its mount point is that of its device until a namespace is found that shows it. */
static void
add(Search *self, const char *type, const char *name, dev_t device)
{
    if (contains(self->known, device) || is_read_only(self->sys, type, name))
        return;

    FrostMount *mount = g_new0(FrostMount, 1);
    mount->dev = device;
    mount->root = g_strdup("/");
    mount->fs_type = g_strdup(type);
    mount->source = g_strconcat("/dev/", name, NULL);
    mount->mount_point = g_strdup(mount->source);
    mount->super_options = g_strdup("");
    g_ptr_array_add(self->found, mount);
}

/* /sys/fs/TYPE has a folder for each filesystem, named after its device, and some other folders. */
static void
search_by_device(Search *self, const char *type)
{
    g_autofree char *folder = g_strconcat(SYSFS_FS "/", type, NULL);
    g_auto(GStrv) names = NULL;

    if (self->sys->list_dir(self->sys, folder, &names) < 0)
        return;
    for (char **name = names; *name; name++) {
        g_autofree char *block = g_strconcat(CLASS_BLOCK "/", *name, NULL);
        dev_t device;

        if (frost_block_device_called(self->sys, block, &device) == 0)
            add(self, type, *name, device);
    }
}

/* /sys/fs/btrfs/UUID/devices lists the devices; the first by name is taken. */
static void
search_btrfs(Search *self)
{
    g_auto(GStrv) uuids = NULL;

    if (self->sys->list_dir(self->sys, SYSFS_FS "/btrfs", &uuids) < 0)
        return;
    for (char **uuid = uuids; *uuid; uuid++) {
        g_autofree char *folder = g_strconcat(SYSFS_FS "/btrfs/", *uuid, "/devices", NULL);
        g_auto(GStrv) names = NULL;
        dev_t device;

        if (self->sys->list_dir(self->sys, folder, &names) < 0 || !*names)
            continue;
        g_autofree char *block = g_strconcat(folder, "/", *names, NULL);
        if (frost_block_device_called(self->sys, block, &device) == 0)
            add(self, "btrfs", *names, device);
    }
}

static bool
shows(const FrostMount *there, const FrostMount *sought)
{
    return there->dev == sought->dev ||
           (strcmp(sought->fs_type, "btrfs") == 0 && strcmp(there->source, sought->source) == 0);
}

static void
set_place(FrostMount *sought, const char *namespace, const FrostMount *there)
{
    g_free(sought->mount_point);
    sought->mount_point = g_strconcat(namespace, there->mount_point, NULL);
    g_free(sought->super_options);
    sought->super_options = g_strdup(there->super_options);
    sought->id = there->id;
}

/* Sets the place of each filesystem that has none yet (id 0, which no mount has). */
static void
find_places_in(Search *self, const FrostNamespace *namespace)
{
    for (guint i = 0; i < self->found->len; i++) {
        FrostMount *sought = self->found->pdata[i];

        for (guint n = 0; n < namespace->mounts->len && sought->id == 0; n++) {
            const FrostMount *there = namespace->mounts->pdata[n];

            if (shows(there, sought))
                set_place(sought, namespace->name, there);
        }
    }
}

static void
find_places(Search *self)
{
    if (self->found->len == 0)
        return;
    g_autoptr(GPtrArray) others = frost_namespaces_other(self->sys, NULL);
    for (guint i = 0; i < others->len; i++)
        find_places_in(self, others->pdata[i]);
}

static void
drop_read_only(GPtrArray *found)
{
    for (guint i = found->len; i-- > 0;) {
        if (frost_mount_superblock_is_read_only(found->pdata[i]))
            g_ptr_array_remove_index(found, i);
    }
}

GPtrArray *
frost_elsewhere_find(FrostSys *sys, const GPtrArray *superblocks, bool all_namespaces)
{
    static const char *const TYPES[] = {"ext4", "f2fs", "xfs"};
    g_autoptr(GArray) known = known_devices(superblocks);
    unsigned bad_lines;
    Search search = {.sys = sys, .known = known, .found = frost_mountinfo_parse("", 0, &bad_lines)};

    for (size_t i = 0; i < G_N_ELEMENTS(TYPES); i++)
        search_by_device(&search, TYPES[i]);
    search_btrfs(&search);
    if (!all_namespaces)
        find_places(&search);
    drop_read_only(search.found);
    return search.found;
}
