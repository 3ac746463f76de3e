/* SPDX-License-Identifier: MIT */
#include "fake-sys-private.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "test-support.h"

#define FIRST_FD 1000

static void
fs_free(void *data)
{
    FakeFs *fs = data;

    g_free(fs->type);
    g_free(fs->source);
    g_free(fs->name);
    g_free(fs->super_options);
    g_array_unref(fs->members);
    for (unsigned i = 0; i < FAKE_CALLS; i++)
        fake_door_free(&fs->doors[i]);
    g_free(fs);
}

static void
mount_free(void *data)
{
    FakeMount *mount = data;

    g_free(mount->mount_point);
    g_free(mount->root);
    g_free(mount);
}

static void
entry_free(void *data)
{
    FakeEntry *entry = data;

    g_free(entry->path);
    g_free(entry);
}

/* Where a path leads: the newest of the mounts on its way covers the older ones. */
static FakeMount *
mount_of_path(FakeSys *self, const char *path)
{
    for (guint i = self->mounts->len; i-- > 0;) {
        FakeMount *mount = self->mounts->pdata[i];
        if (fake_path_below(path, mount->mount_point))
            return mount;
    }
    return NULL;
}

static int
look_up(FakeSys *self, const char *path, FakeFs **out_fs, unsigned *out_mount_id, FrostStat *out)
{
    int error = GPOINTER_TO_INT(g_hash_table_lookup(self->path_errors, path));
    if (error)
        return -error;

    *out_fs = NULL;
    if (g_hash_table_contains(self->files, path)) {
        *out = (FrostStat){.mode = S_IFREG | 0444};
        return 0;
    }
    if (fake_device_stat(self, path, out) == 0)
        return 0;
    const FakeMount *mount = mount_of_path(self, path);
    if (!mount)
        return -ENOENT;
    *out_fs = mount->fs;
    *out_mount_id = mount->id;
    if (strcmp(path, mount->mount_point) == 0) {
        *out = (FrostStat){.dev = mount->dev, .ino = 2, .mode = mount->mode};
        return 0;
    }
    for (guint i = 0; i < self->entries->len; i++) {
        const FakeEntry *entry = self->entries->pdata[i];
        if (entry->fs == mount->fs && strcmp(entry->path, path) == 0) {
            *out = (FrostStat){.dev = entry->dev ? entry->dev : mount->dev,
                               .ino = entry->ino,
                               .mode = entry->mode};
            return 0;
        }
    }
    return -ENOENT;
}

static void
count_path(GHashTable *counts, const char *path)
{
    guint count = GPOINTER_TO_UINT(g_hash_table_lookup(counts, path));

    g_hash_table_insert(counts, g_strdup(path), GUINT_TO_POINTER(count + 1));
}

static int
fake_open_mount(FrostSys *sys, const char *path)
{
    FakeSys *self = (FakeSys *)sys;
    g_autoptr(GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new(&self->lock);
    FakeFs *fs = NULL;
    FrostStat stat;
    unsigned mount_id;

    count_path(self->opened, path);
    int r = look_up(self, path, &fs, &mount_id, &stat);
    if (r == 0 && fs)
        r = fake_door_enter(fs, FAKE_OPEN);
    if (r < 0)
        return r;
    if (!fs || (!S_ISDIR(stat.mode) && !S_ISREG(stat.mode)))
        return -ENXIO;

    FakeFd *fd = g_new(FakeFd, 1);
    *fd = (FakeFd){.fs = fs, .stat = stat, .mount_id = mount_id};
    g_hash_table_insert(self->fds, GINT_TO_POINTER(self->next_fd), fd);
    return self->next_fd++;
}

/* One that is neither mounted nor frozen has no superblock any more. */
static bool
is_alive(FakeSys *self, const FakeFs *fs)
{
    for (guint i = 0; i < self->mounts->len; i++) {
        if (((const FakeMount *)self->mounts->pdata[i])->fs == fs)
            return true;
    }
    return fs->frozen;
}

static int
fake_open_unmounted(FrostSys *sys, dev_t device, const char *fs_type)
{
    FakeSys *self = (FakeSys *)sys;
    g_autoptr(GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new(&self->lock);

    for (guint i = 0; i < self->filesystems->len; i++) {
        FakeFs *fs = self->filesystems->pdata[i];

        if (device == 0 || fs->device != device)
            continue;
        if (!is_alive(self, fs))
            return -ESTALE;
        if (strcmp(fs->type, fs_type) != 0)
            return -EBUSY;
        FakeFd *fd = g_new0(FakeFd, 1);
        *fd = (FakeFd){.fs = fs, .stat = {.dev = fs->top_dev, .ino = 2, .mode = S_IFDIR | 0755}};
        g_hash_table_insert(self->fds, GINT_TO_POINTER(self->next_fd), fd);
        return self->next_fd++;
    }
    return -ENOENT;
}

static void
fake_close(FrostSys *sys, int fd)
{
    FakeSys *self = (FakeSys *)sys;
    g_autoptr(GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new(&self->lock);

    if (fd == FAKE_EXPEDITE_FD && self->expedite_opened > 0)
        self->expedite_opened--;
    else if (!fake_knob_close(self, fd) && !g_hash_table_remove(self->fds, GINT_TO_POINTER(fd)))
        fake_sys_violation(self, "close of descriptor %d, which is not open", fd);
}

static int64_t
fake_block_size(FrostSys *sys, int fd)
{
    FakeSys *self = (FakeSys *)sys;
    g_autoptr(GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new(&self->lock);

    return g_hash_table_contains(self->fds, GINT_TO_POINTER(fd)) ? FAKE_BLOCK_SIZE : -EBADF;
}

static int
fake_stat_fd(FrostSys *sys, int fd, FrostStat *out)
{
    FakeSys *self = (FakeSys *)sys;
    g_autoptr(GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new(&self->lock);
    const FakeFd *entry = g_hash_table_lookup(self->fds, GINT_TO_POINTER(fd));
    if (!entry)
        return -EBADF;

    int r = fake_door_enter(entry->fs, FAKE_STAT);
    if (r == 0)
        *out = entry->stat;
    return r;
}

static int
fake_stat_path(FrostSys *sys, const char *path, FrostStat *out)
{
    FakeSys *self = (FakeSys *)sys;
    g_autoptr(GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new(&self->lock);
    FakeFs *fs;
    FrostStat stat;
    unsigned mount_id;

    count_path(self->looked_up, path);
    int r = look_up(self, path, &fs, &mount_id, &stat);

    if (r == 0)
        *out = stat;
    return r;
}

static int64_t
fake_fs_size(FrostSys *sys, int fd)
{
    FakeSys *self = (FakeSys *)sys;
    g_autoptr(GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new(&self->lock);
    const FakeFd *entry = g_hash_table_lookup(self->fds, GINT_TO_POINTER(fd));

    return entry ? entry->fs->size : -EBADF;
}

static int
fake_btrfs_fsid(FrostSys *sys, int fd, uint8_t out_fsid[16])
{
    FakeSys *self = (FakeSys *)sys;
    g_autoptr(GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new(&self->lock);
    const FakeFd *entry = g_hash_table_lookup(self->fds, GINT_TO_POINTER(fd));

    if (!entry)
        return -EBADF;
    if (strcmp(entry->fs->type, "btrfs") != 0)
        return -ENOTTY;
    memcpy(out_fsid, entry->fs->fsid, 16);
    return 0;
}

static char *
render_fdinfo(FakeSys *self, const char *path)
{
    static const char PREFIX[] = "/proc/thread-self/fdinfo/";
    if (!g_str_has_prefix(path, PREFIX))
        return NULL;

    int number = atoi(path + strlen(PREFIX));
    const FakeFd *fd = g_hash_table_lookup(self->fds, GINT_TO_POINTER(number));
    return fd ? g_strdup_printf("pos:\t0\nflags:\t02100000\nmnt_id:\t%u\nino:\t2\n", fd->mount_id)
              : NULL;
}

static int
fake_read_file(FrostSys *sys, const char *path, char **out_text, size_t *out_length)
{
    FakeSys *self = (FakeSys *)sys;
    g_autoptr(GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new(&self->lock);
    int error = GPOINTER_TO_INT(g_hash_table_lookup(self->path_errors, path));
    if (error)
        return -error;

    char *text = g_strdup(g_hash_table_lookup(self->files, path));
    if (!text && strcmp(path, "/proc/self/mountinfo") == 0)
        text = fake_sys_render_mountinfo(self);
    if (!text)
        text = render_fdinfo(self, path);
    if (!text) {
        int r = fake_device_read(self, path, &text);
        if (r < 0)
            return r;
    }
    if (out_length)
        *out_length = strlen(text);
    *out_text = text;
    return 0;
}

static int
fake_list_dir(FrostSys *sys, const char *path, char ***out_names)
{
    FakeSys *self = (FakeSys *)sys;
    g_autoptr(GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new(&self->lock);
    int error = GPOINTER_TO_INT(g_hash_table_lookup(self->path_errors, path));

    return error ? -error : fake_device_list(self, path, out_names);
}

static int
fake_resolve(FrostSys *sys, const char *path, char **out_path)
{
    FakeSys *self = (FakeSys *)sys;
    g_autoptr(GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new(&self->lock);
    int error = GPOINTER_TO_INT(g_hash_table_lookup(self->path_errors, path));

    return error ? -error : fake_device_resolve(self, path, out_path);
}

/* Nobody watches: a test looks at the mounts itself. */
static int
fake_watch_mounts(FrostSys *sys)
{
    return -ENOSYS;
}

static bool
fake_mounts_changed(FrostSys *sys, int fd)
{
    return false;
}

static int
fake_loop_backing(FrostSys *sys, dev_t loop, FrostLoopBacking *out)
{
    FakeSys *self = (FakeSys *)sys;
    g_autoptr(GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new(&self->lock);

    return fake_device_loop_backing(self, loop, out);
}

/* Kept among the files, under no path that there is. */
static char *
dm_key(dev_t device)
{
    return g_strdup_printf("dm targets of %u:%u", major(device), minor(device));
}

void
fake_sys_set_dm_targets(FakeSys *self, dev_t device, const char *types)
{
    g_autofree char *key = dm_key(device);

    fake_sys_set_file(self, key, types);
}

static int
fake_dm_targets(FrostSys *sys, dev_t device, char ***out_types)
{
    FakeSys *self = (FakeSys *)sys;
    g_autoptr(GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new(&self->lock);
    g_autofree char *key = dm_key(device);
    const char *types = g_hash_table_lookup(self->files, key);

    if (!types)
        return -ENXIO;
    *out_types = g_strsplit(types, " ", -1);
    return 0;
}

FakeSys *
fake_sys_new(void)
{
    FakeSys *self = g_new0(FakeSys, 1);

    self->sys = (FrostSys){
        .kernel = fake_kernel_calls(),
        .open_mount = fake_open_mount,
        .open_unmounted = fake_open_unmounted,
        .close = fake_close,
        .stat_fd = fake_stat_fd,
        .stat_path = fake_stat_path,
        .block_size = fake_block_size,
        .fs_size = fake_fs_size,
        .btrfs_fsid = fake_btrfs_fsid,
        .read_file = fake_read_file,
        .list_dir = fake_list_dir,
        .resolve = fake_resolve,
        .watch_mounts = fake_watch_mounts,
        .mounts_changed = fake_mounts_changed,
        .list_namespaces = fake_namespaces_list,
        .enter_namespace = fake_namespaces_enter,
        .loop_backing = fake_loop_backing,
        .dm_targets = fake_dm_targets,
    };
    g_mutex_init(&self->lock);
    g_cond_init(&self->changed);
    self->devices = g_ptr_array_new_with_free_func(fake_device_free);
    self->filesystems = g_ptr_array_new_with_free_func(fs_free);
    self->mounts = g_ptr_array_new_with_free_func(mount_free);
    self->entries = g_ptr_array_new_with_free_func(entry_free);
    self->namespaces = g_ptr_array_new_with_free_func(g_free);
    self->fds = g_hash_table_new_full(NULL, NULL, NULL, g_free);
    self->files = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    self->path_errors = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    self->looked_up = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    self->opened = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    self->journal = g_string_new(NULL);
    self->violations = g_string_new(NULL);
    self->boottime_us = 1000000;
    self->next_anonymous = 30;
    self->next_id = 20;
    self->next_ino = 5000;
    self->next_fd = FIRST_FD;
    return self;
}

void
fake_sys_free(FakeSys *self)
{
    g_autofree char *violations = fake_sys_take_violations(self);

    g_ptr_array_unref(self->devices);
    g_ptr_array_unref(self->filesystems);
    g_ptr_array_unref(self->mounts);
    g_ptr_array_unref(self->entries);
    g_ptr_array_unref(self->namespaces);
    g_hash_table_unref(self->fds);
    g_hash_table_unref(self->files);
    g_hash_table_unref(self->path_errors);
    g_hash_table_unref(self->looked_up);
    g_hash_table_unref(self->opened);
    g_string_free(self->journal, TRUE);
    g_string_free(self->violations, TRUE);
    g_mutex_clear(&self->lock);
    g_cond_clear(&self->changed);
    g_free(self);

    if (*violations) {
        print_error("what must never happen has happened:\n%s", violations);
        fail();
    }
}

FrostSys *
fake_sys_get(FakeSys *self)
{
    return &self->sys;
}

void
fake_sys_fail_path(FakeSys *self, const char *path, int error)
{
    g_autoptr(GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new(&self->lock);

    g_hash_table_insert(self->path_errors, g_strdup(path), GINT_TO_POINTER(error));
}

void
fake_sys_set_file(FakeSys *self, const char *path, const char *text)
{
    g_autoptr(GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new(&self->lock);

    g_hash_table_insert(self->files, g_strdup(path), g_strdup(text));
}

void
fake_sys_set_boottime(FakeSys *self, int64_t us)
{
    g_autoptr(GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new(&self->lock);

    self->boottime_us = us;
}

unsigned
fake_sys_opened(FakeSys *self, const char *path)
{
    g_autoptr(GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new(&self->lock);

    return GPOINTER_TO_UINT(g_hash_table_lookup(self->opened, path));
}

unsigned
fake_sys_looked_up(FakeSys *self, const char *path)
{
    g_autoptr(GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new(&self->lock);

    return GPOINTER_TO_UINT(g_hash_table_lookup(self->looked_up, path));
}

unsigned
fake_sys_open_fds(FakeSys *self)
{
    g_autoptr(GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new(&self->lock);

    return g_hash_table_size(self->fds);
}

FakeFs *
fake_sys_fs_of_fd(FakeSys *self, int fd)
{
    g_autoptr(GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new(&self->lock);
    const FakeFd *entry = g_hash_table_lookup(self->fds, GINT_TO_POINTER(fd));

    return entry ? entry->fs : NULL;
}
