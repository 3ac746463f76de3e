/* SPDX-License-Identifier: MIT */
#include "fake-sys-private.h"

#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

ino_t
fake_sys_new_ino(FakeSys *self)
{
    return self->next_ino++;
}

const char *
fake_path_below(const char *path, const char *dir)
{
    size_t length = strlen(dir);

    if (strcmp(dir, "/") == 0)
        return path + 1;
    if (strncmp(path, dir, length) != 0 || (path[length] != '/' && path[length] != '\0'))
        return NULL;
    return path[length] == '/' ? path + length + 1 : path + length;
}

static void
add_mount(FakeSys *self, FakeFs *fs, const char *mount_point, const char *root, dev_t dev)
{
    FakeMount *mount = g_new0(FakeMount, 1);

    mount->id = self->next_id++;
    mount->fs = fs;
    mount->mount_point = g_strdup(mount_point);
    mount->root = g_strdup(root);
    mount->dev = dev;
    mount->shown_dev = fs->dev;
    mount->mode = S_IFDIR | 0755;
    g_ptr_array_add(self->mounts, mount);
}

static FakeFs *
add_fs(FakeSys *self, const char *mount_point, const char *type, const char *source, dev_t device)
{
    FakeFs *fs = g_new0(FakeFs, 1);
    bool anonymous = device == 0 || strcmp(type, "btrfs") == 0;

    fs->sys = self;
    fs->type = g_strdup(type);
    fs->source = g_strdup(source);
    fs->name = g_strdup(mount_point);
    fs->super_options = g_strdup("rw");
    fs->device = device;
    fs->dev = anonymous ? makedev(0, self->next_anonymous++) : device;
    fs->members = g_array_new(FALSE, FALSE, sizeof(dev_t));
    memset(fs->fsid, 0xf5, sizeof(fs->fsid));
    memcpy(fs->fsid, &fs->dev, MIN(sizeof(fs->dev), sizeof(fs->fsid)));
    if (device)
        g_array_append_val(fs->members, device);
    g_ptr_array_add(self->filesystems, fs);
    /* The top of a btrfs is a subvolume too: its st_dev is not the superblock's. */
    fs->top_dev = strcmp(type, "btrfs") == 0 ? makedev(0, self->next_anonymous++) : fs->dev;
    add_mount(self, fs, mount_point, "/", fs->top_dev);
    return fs;
}

FakeFs *
fake_sys_add_fs_on(FakeSys *self, const char *mount_point, const char *type, dev_t device)
{
    g_autoptr(GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new(&self->lock);
    g_autofree char *source = g_strconcat("/dev/", fake_device_find(self, device)->name, NULL);

    return add_fs(self, mount_point, type, source, device);
}

FakeFs *
fake_sys_add_fs(FakeSys *self, const char *mount_point, const char *type)
{
    return fake_sys_add_fs_on(self, mount_point, type, fake_sys_add_disk(self, NULL));
}

FakeFs *
fake_sys_add_loop_fs(FakeSys *self, const char *mount_point, const char *type, FakeFs *backing)
{
    return fake_sys_add_fs_on(self, mount_point, type, fake_sys_add_loop(self, backing));
}

FakeFs *
fake_sys_add_nodev_fs(FakeSys *self, const char *mount_point, const char *type, const char *source)
{
    g_autoptr(GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new(&self->lock);

    return add_fs(self, mount_point, type, source, 0);
}

void
fake_sys_bind(FakeSys *self, FakeFs *fs, const char *mount_point)
{
    g_autoptr(GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new(&self->lock);

    add_mount(self, fs, mount_point, "/", fs->top_dev);
}

void
fake_sys_add_subvolume(FakeSys *self, FakeFs *fs, const char *mount_point)
{
    g_autoptr(GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new(&self->lock);
    g_autofree char *root = g_strdup_printf("/@%u", self->next_anonymous);

    add_mount(self, fs, mount_point, root, makedev(0, self->next_anonymous++));
}

static guint
newest_mount_at(FakeSys *self, const char *mount_point)
{
    for (guint i = self->mounts->len; i-- > 0;) {
        const FakeMount *mount = self->mounts->pdata[i];
        if (strcmp(mount->mount_point, mount_point) == 0)
            return i;
    }
    g_error("nothing is mounted at %s", mount_point);
}

void
fake_sys_umount(FakeSys *self, const char *mount_point)
{
    g_autoptr(GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new(&self->lock);

    g_ptr_array_remove_index(self->mounts, newest_mount_at(self, mount_point));
}

void
fake_sys_set_mountinfo_dev(FakeSys *self, const char *mount_point, dev_t dev)
{
    g_autoptr(GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new(&self->lock);
    FakeMount *mount = self->mounts->pdata[newest_mount_at(self, mount_point)];

    mount->shown_dev = dev;
}

void
fake_sys_set_mount_mode(FakeSys *self, const char *mount_point, mode_t mode)
{
    g_autoptr(GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new(&self->lock);
    FakeMount *mount = self->mounts->pdata[newest_mount_at(self, mount_point)];

    mount->mode = mode;
}

void
fake_sys_add_entry(FakeSys *self, FakeFs *fs, const char *path, mode_t mode)
{
    g_autoptr(GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new(&self->lock);
    FakeEntry *entry = g_new0(FakeEntry, 1);

    entry->fs = fs;
    entry->path = g_strdup(path);
    entry->ino = fake_sys_new_ino(self);
    entry->mode = mode;
    g_ptr_array_add(self->entries, entry);
}

char *
fake_fs_new_path(FakeFs *fs)
{
    FakeSys *self = fs->sys;
    g_autoptr(GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new(&self->lock);

    for (guint i = self->mounts->len; i-- > 0;) {
        const FakeMount *mount = self->mounts->pdata[i];
        if (mount->fs == fs)
            return g_strdup_printf("%s/file-%u.img",
                                   strcmp(mount->mount_point, "/") == 0 ? "" : mount->mount_point,
                                   self->entries->len);
    }
    return NULL;
}

void
fake_fs_set_size(FakeFs *fs, int64_t bytes)
{
    g_autoptr(GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new(&fs->sys->lock);

    fs->size = bytes;
}

void
fake_fs_set_super_options(FakeFs *fs, const char *options)
{
    g_autoptr(GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new(&fs->sys->lock);

    g_free(fs->super_options);
    fs->super_options = g_strdup(options);
}

void
fake_fs_add_member(FakeFs *fs, dev_t device)
{
    g_autoptr(GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new(&fs->sys->lock);

    g_array_append_val(fs->members, device);
}

dev_t
fake_fs_device(const FakeFs *fs)
{
    return fs->device;
}

dev_t
fake_fs_dev(const FakeFs *fs)
{
    return fs->dev;
}

static void
append_escaped(GString *text, const char *word)
{
    for (; *word; word++) {
        if (strchr(" \t\n\\", *word))
            g_string_append_printf(text, "\\%03o", (unsigned char)*word);
        else
            g_string_append_c(text, *word);
    }
}

/* Newest of the older mounts on the way to it; the first one is its own parent. */
static unsigned
parent_of(FakeSys *self, guint index)
{
    const FakeMount *mount = self->mounts->pdata[index];

    for (guint i = index; i-- > 0;) {
        const FakeMount *older = self->mounts->pdata[i];
        if (fake_path_below(mount->mount_point, older->mount_point))
            return older->id;
    }
    return 1;
}

char *
fake_sys_render_mountinfo(FakeSys *self)
{
    GString *text = g_string_new(NULL);

    for (guint i = 0; i < self->mounts->len; i++) {
        const FakeMount *mount = self->mounts->pdata[i];

        g_string_append_printf(text, "%u %u %u:%u %s ", mount->id, parent_of(self, i),
                               major(mount->shown_dev), minor(mount->shown_dev), mount->root);
        append_escaped(text, mount->mount_point);
        g_string_append_printf(text, " rw,relatime shared:1 - %s ", mount->fs->type);
        append_escaped(text, mount->fs->source);
        g_string_append_printf(text, " %s\n", mount->fs->super_options);
    }
    return g_string_free(text, FALSE);
}
