/* SPDX-License-Identifier: MIT */
#include "fake-sys-private.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#define DEVTMPFS_DEV makedev(0, 5)
/* Of no real disk: the ledger of a test lies on one, and must not seem to be among the fakes. */
#define DISK_MAJOR 3001
#define SYS_BLOCK "/sys/dev/block/"
#define SYS_BTRFS "/sys/fs/btrfs/"

FakeDevice *
fake_device_find(FakeSys *self, dev_t dev)
{
    for (guint i = 0; i < self->devices->len; i++) {
        FakeDevice *device = self->devices->pdata[i];
        if (device->dev == dev)
            return device;
    }
    return NULL;
}

void
fake_device_free(void *data)
{
    FakeDevice *device = data;

    g_free(device->name);
    g_array_unref(device->below);
    g_free(device->backing_path);
    g_free(device->bus);
    g_free(device);
}

static FakeDevice *
add_device(FakeSys *self, dev_t dev, const char *name)
{
    FakeDevice *device = g_new0(FakeDevice, 1);

    device->dev = dev;
    device->name = g_strdup(name);
    device->below = g_array_new(FALSE, FALSE, sizeof(dev_t));
    memcpy(device->knobs, fake_knobs_normal, sizeof device->knobs);
    g_ptr_array_add(self->devices, device);
    return device;
}

dev_t
fake_sys_add_disk(FakeSys *self, const char *name)
{
    g_autoptr(GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new(&self->lock);
    unsigned n = self->next_disk++;
    g_autofree char *made = g_strdup_printf("vd%u", n);

    return add_device(self, makedev(DISK_MAJOR, 16 * n), name ? name : made)->dev;
}

dev_t
fake_sys_add_partition(FakeSys *self, const char *name, dev_t disk)
{
    g_autoptr(GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new(&self->lock);
    dev_t dev = disk + 1;
    while (fake_device_find(self, dev))
        dev++;

    g_autofree char *made =
        g_strdup_printf("%sp%u", fake_device_find(self, disk)->name, (unsigned)(dev - disk));
    FakeDevice *device = add_device(self, dev, name ? name : made);
    device->disk = disk;
    return dev;
}

dev_t
fake_sys_add_stacked(FakeSys *self, const char *name, const dev_t *below, size_t count)
{
    g_autoptr(GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new(&self->lock);
    unsigned n = self->next_stacked++;
    g_autofree char *made = g_strdup_printf("dm-%u", n);
    FakeDevice *device = add_device(self, makedev(253, n), name ? name : made);

    g_array_append_vals(device->below, below, count);
    return device->dev;
}

static FakeDevice *
add_loop(FakeSys *self)
{
    unsigned n = self->next_loop++;
    g_autofree char *name = g_strdup_printf("loop%u", n);
    FakeDevice *device = add_device(self, makedev(7, 16 * n), name);

    device->is_loop = true;
    return device;
}

dev_t
fake_sys_add_loop(FakeSys *self, FakeFs *backing)
{
    g_autofree char *path = fake_fs_new_path(backing);
    if (path)
        fake_sys_add_entry(self, backing, path, S_IFREG | 0600);

    g_autoptr(GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new(&self->lock);
    FakeDevice *device = add_loop(self);
    device->backing = backing;
    device->status.dev = backing->dev;
    device->status.ino = fake_sys_new_ino(self);
    for (guint i = 0; path && i < self->mounts->len; i++) {
        const FakeMount *mount = self->mounts->pdata[i];
        const FakeEntry *entry = self->entries->pdata[self->entries->len - 1];
        if (mount->fs == backing && g_str_has_prefix(path, mount->mount_point)) {
            device->status.dev = mount->dev;
            device->status.ino = entry->ino;
        }
    }
    device->backing_path = g_steal_pointer(&path);
    return device->dev;
}

dev_t
fake_sys_add_loop_over(FakeSys *self, dev_t over)
{
    g_autoptr(GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new(&self->lock);
    FakeDevice *device = add_loop(self);

    device->status =
        (FrostLoopBacking){.dev = DEVTMPFS_DEV, .ino = fake_sys_new_ino(self), .rdev = over};
    device->backing_path = g_strconcat("/dev/", fake_device_find(self, over)->name, NULL);
    g_array_append_val(device->below, over);
    return device->dev;
}

void
fake_sys_hide_device(FakeSys *self, dev_t device)
{
    g_autoptr(GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new(&self->lock);

    fake_device_find(self, device)->hidden = true;
}

void
fake_sys_unplug(FakeSys *self, dev_t disk)
{
    g_autoptr(GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new(&self->lock);

    fake_device_find(self, disk)->unplugged = true;
}

void
fake_sys_set_bus(FakeSys *self, dev_t disk, const char *folder)
{
    g_autoptr(GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new(&self->lock);
    FakeDevice *device = fake_device_find(self, disk);

    g_free(device->bus);
    device->bus = g_strdup(folder);
}

void
fake_sys_fail_loop(FakeSys *self, dev_t loop, int error)
{
    g_autoptr(GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new(&self->lock);

    fake_device_find(self, loop)->status_error = error;
}

void
fake_sys_stack_upon(FakeSys *self, dev_t device, dev_t below)
{
    g_autoptr(GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new(&self->lock);

    g_array_append_val(fake_device_find(self, device)->below, below);
}

void
fake_sys_give_own_dev(FakeSys *self, dev_t loop)
{
    g_autoptr(GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new(&self->lock);
    FakeDevice *device = fake_device_find(self, loop);

    device->status.dev = makedev(0, self->next_anonymous++);
    for (guint i = 0; i < self->entries->len; i++) {
        FakeEntry *entry = self->entries->pdata[i];
        if (entry->ino == device->status.ino)
            entry->dev = device->status.dev;
    }
}

void
fake_sys_set_loop_backing(FakeSys *self, dev_t loop, dev_t dev, const char *path)
{
    g_autoptr(GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new(&self->lock);
    FakeDevice *device = fake_device_find(self, loop);

    device->status.dev = dev;
    g_free(device->backing_path);
    device->backing_path = g_strdup(path);
}

static char *
sysfs_dir(FakeSys *self, const FakeDevice *device)
{
    g_autofree char *disk =
        device->disk ? sysfs_dir(self, fake_device_find(self, device->disk)) : NULL;
    const char *bus = device->bus ? device->bus : "/sys/devices/fake/block";

    return g_strconcat(disk ? disk : bus, "/", device->name, NULL);
}

/* Of /sys/dev/block/MAJOR:MINOR; made without a look at all devices, for most paths are such. */
static FakeDevice *
device_of_number(FakeSys *self, const char *path, const char **out_rest)
{
    const char *number = path + strlen(SYS_BLOCK);
    char *colon;
    char *end;
    unsigned high = (unsigned)strtoul(number, &colon, 10);

    if (colon == number || *colon != ':')
        return NULL;
    unsigned low = (unsigned)strtoul(colon + 1, &end, 10);
    if (end == colon + 1 || (*end != '/' && *end != '\0'))
        return NULL;
    FakeDevice *device = fake_device_find(self, makedev(high, low));
    *out_rest = end;
    return device && !device->unplugged ? device : NULL;
}

/* The device that a path below /sys is about, and what follows its folder ("/dev", "" ...). The
 * longest folder wins: a partition is inside its disk. */
static FakeDevice *
device_of_path(FakeSys *self, const char *path, const char **out_rest)
{
    FakeDevice *found = NULL;
    size_t best = 0;

    if (g_str_has_prefix(path, SYS_BLOCK))
        return device_of_number(self, path, out_rest);
    if (!g_str_has_prefix(path, "/sys/devices/"))
        return NULL;
    for (guint i = 0; i < self->devices->len; i++) {
        FakeDevice *device = self->devices->pdata[i];
        g_autofree char *dir = sysfs_dir(self, device);
        size_t length = strlen(dir);

        if (length > best && !device->unplugged && strncmp(path, dir, length) == 0 &&
            (path[length] == '/' || path[length] == '\0')) {
            found = device;
            best = length;
            *out_rest = path + length;
        }
    }
    return found;
}

static FakeDevice *
device_named(FakeSys *self, const char *name, size_t length)
{
    for (guint i = 0; i < self->devices->len; i++) {
        FakeDevice *device = self->devices->pdata[i];
        if (strlen(device->name) == length && strncmp(device->name, name, length) == 0)
            return device;
    }
    return NULL;
}

static char *
dev_text(dev_t dev)
{
    return g_strdup_printf("%u:%u\n", major(dev), minor(dev));
}

static bool
stands_directly(const FakeDevice *device, const FakeDevice *below)
{
    for (guint i = 0; i < device->below->len; i++) {
        if (g_array_index(device->below, dev_t, i) == below->dev)
            return true;
    }
    return false;
}

static char *
read_device(FakeSys *self, const FakeDevice *device, const char *rest)
{
    if (strcmp(rest, "/dev") == 0)
        return dev_text(device->dev);
    if (strcmp(rest, "/size") == 0)
        return g_strdup("0\n");
    if (strcmp(rest, "/partition") == 0 && device->disk)
        return g_strdup_printf("%u\n", (unsigned)(device->dev - device->disk));
    if (strcmp(rest, "/loop/backing_file") == 0 && device->backing_path)
        return g_strconcat(device->backing_path, "\n", NULL);
    if (g_str_has_prefix(rest, "/slaves/") && g_str_has_suffix(rest, "/dev")) {
        const char *name = rest + strlen("/slaves/");
        const FakeDevice *below = device_named(self, name, strlen(name) - strlen("/dev"));

        if (below && !device->is_loop && stands_directly(device, below))
            return dev_text(below->dev);
    }
    return NULL;
}

static char *
format_uuid(const uint8_t *id)
{
    return g_strdup_printf("%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x",
                           id[0], id[1], id[2], id[3], id[4], id[5], id[6], id[7], id[8], id[9],
                           id[10], id[11], id[12], id[13], id[14], id[15]);
}

/* The btrfs of /sys/fs/btrfs/UUID, and what follows. */
static FakeFs *
btrfs_of_path(FakeSys *self, const char *path, const char **out_rest)
{
    if (!g_str_has_prefix(path, SYS_BTRFS))
        return NULL;
    for (guint i = 0; i < self->filesystems->len; i++) {
        FakeFs *fs = self->filesystems->pdata[i];
        g_autofree char *uuid = format_uuid(fs->fsid);
        const char *name = path + strlen(SYS_BTRFS);

        if (strcmp(fs->type, "btrfs") == 0 && g_str_has_prefix(name, uuid)) {
            *out_rest = name + strlen(uuid);
            return fs;
        }
    }
    return NULL;
}

/* /sys/fs/btrfs: one folder a filesystem, and one of features. */
static char **
list_btrfs(FakeSys *self)
{
    GPtrArray *names = g_ptr_array_new();

    g_ptr_array_add(names, g_strdup("features"));
    for (guint i = 0; i < self->filesystems->len; i++) {
        const FakeFs *fs = self->filesystems->pdata[i];
        if (strcmp(fs->type, "btrfs") == 0)
            g_ptr_array_add(names, format_uuid(fs->fsid));
    }
    g_ptr_array_add(names, NULL);
    return (char **)g_ptr_array_free(names, FALSE);
}

static char *
read_btrfs(FakeSys *self, const FakeFs *fs, const char *rest)
{
    if (!g_str_has_prefix(rest, "/devices/") || !g_str_has_suffix(rest, "/dev"))
        return NULL;

    const char *name = rest + strlen("/devices/");
    const FakeDevice *device = device_named(self, name, strlen(name) - strlen("/dev"));
    for (guint i = 0; device && i < fs->members->len; i++) {
        if (g_array_index(fs->members, dev_t, i) == device->dev)
            return dev_text(device->dev);
    }
    return NULL;
}

int
fake_device_read(FakeSys *self, const char *path, char **out_text)
{
    const char *rest;
    const FakeDevice *device = device_of_path(self, path, &rest);
    const FakeFs *fs = device ? NULL : btrfs_of_path(self, path, &rest);
    char *text = NULL;

    if (device && device->hidden)
        return -EACCES;
    if (device)
        text = read_device(self, device, rest);
    else if (fs)
        text = read_btrfs(self, fs, rest);
    if (!text)
        return -ENOENT;
    *out_text = text;
    return 0;
}

static int
compare_names(gconstpointer a, gconstpointer b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* What lies in @path, of the files that a test has set; false where nothing does. */
static bool
list_files(FakeSys *self, const char *path, char ***out_names)
{
    g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
    GHashTableIter iter;
    void *key;

    g_hash_table_iter_init(&iter, self->files);
    while (g_hash_table_iter_next(&iter, &key, NULL)) {
        const char *rest = fake_path_below(key, path);
        g_autofree char *name = rest && *rest ? g_strndup(rest, strcspn(rest, "/")) : NULL;

        if (name && !g_ptr_array_find_with_equal_func(names, name, g_str_equal, NULL))
            g_ptr_array_add(names, g_steal_pointer(&name));
    }
    if (names->len == 0)
        return false;
    g_ptr_array_sort(names, compare_names);
    g_ptr_array_add(names, NULL);
    *out_names = g_strdupv((char **)names->pdata);
    return true;
}

int
fake_device_list(FakeSys *self, const char *path, char ***out_names)
{
    const char *rest;
    const FakeDevice *device = device_of_path(self, path, &rest);
    const FakeFs *fs = device ? NULL : btrfs_of_path(self, path, &rest);
    const GArray *devices;

    if (list_files(self, path, out_names))
        return 0;
    if (strcmp(path, "/sys/fs/btrfs") == 0) {
        *out_names = list_btrfs(self);
        return 0;
    }
    if (device && device->hidden)
        return -EACCES;
    if (device && strcmp(rest, "/slaves") == 0 && !device->disk)
        devices = device->is_loop ? NULL : device->below; /* a loop's is empty (K13) */
    else if (fs && strcmp(rest, "/devices") == 0)
        devices = fs->members;
    else
        return -ENOENT;

    GPtrArray *names = g_ptr_array_new();
    for (guint i = 0; devices && i < devices->len; i++) {
        dev_t dev = g_array_index(devices, dev_t, i);
        if (!fake_device_find(self, dev)->unplugged)
            g_ptr_array_add(names, g_strdup(fake_device_find(self, dev)->name));
    }
    g_ptr_array_sort(names, compare_names);
    g_ptr_array_add(names, NULL);
    *out_names = (char **)g_ptr_array_free(names, FALSE);
    return 0;
}

int
fake_device_resolve(FakeSys *self, const char *path, char **out_path)
{
    const char *rest;
    const FakeDevice *device = device_of_path(self, path, &rest);

    g_auto(GStrv) names = NULL;

    if (list_files(self, path, &names)) {
        *out_path = g_strdup(path);
        return 0;
    }
    if (!device || *rest != '\0')
        return -ENOENT;
    if (device->hidden)
        return -EACCES;
    *out_path = sysfs_dir(self, device);
    return 0;
}

int
fake_device_stat(FakeSys *self, const char *path, FrostStat *out)
{
    if (!g_str_has_prefix(path, "/dev/"))
        return -ENOENT;

    const char *name = path + strlen("/dev/");
    const FakeDevice *device = device_named(self, name, strlen(name));
    if (!device)
        return -ENOENT;
    *out = (FrostStat){
        .dev = DEVTMPFS_DEV, .ino = 100 + device->dev, .rdev = device->dev, .mode = S_IFBLK | 0660};
    return 0;
}

int
fake_device_loop_backing(FakeSys *self, dev_t loop, FrostLoopBacking *out)
{
    const FakeDevice *device = fake_device_find(self, loop);

    if (!device || !device->is_loop)
        return -ENOTTY;
    if (device->hidden)
        return -EACCES;
    if (device->status_error)
        return -device->status_error;
    *out = device->status;
    return 0;
}

static bool
device_stands_on(FakeSys *self, dev_t dev, const FakeFs *other, unsigned depth)
{
    const FakeDevice *device = fake_device_find(self, dev);

    if (!device || depth > self->devices->len + self->filesystems->len)
        return false;
    if (device->disk && device_stands_on(self, device->disk, other, depth + 1))
        return true;
    for (guint i = 0; i < device->below->len; i++) {
        if (device_stands_on(self, g_array_index(device->below, dev_t, i), other, depth + 1))
            return true;
    }
    const FakeFs *backing = device->backing;
    if (backing == other && backing)
        return true;
    for (guint i = 0; backing && i < backing->members->len; i++) {
        if (device_stands_on(self, g_array_index(backing->members, dev_t, i), other, depth + 1))
            return true;
    }
    return false;
}

bool
fake_fs_stands_on(const FakeFs *fs, const FakeFs *other)
{
    for (guint i = 0; i < fs->members->len; i++) {
        if (device_stands_on(fs->sys, g_array_index(fs->members, dev_t, i), other, 0))
            return true;
    }
    return false;
}
