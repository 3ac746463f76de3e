/* SPDX-License-Identifier: MIT */
#include "ledger.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <unistd.h>

#include "ledger-peek.h"

G_DEFINE_QUARK(frost_ledger_error, frost_ledger_error)

static size_t
size_for(size_t count)
{
    return offsetof(FrostLedgerData, filesystems) + count * sizeof(FrostLedgerFs);
}

/* Reserved, not only sized: a page that a full tmpfs cannot give would be a SIGBUS later. */
static int
reserve(int fd, size_t size)
{
    int r;

    do {
        r = posix_fallocate(fd, 0, (off_t)size);
    } while (r == EINTR);
    return -r;
}

static void
read_boot_id(char out[40])
{
    int fd = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);

    memset(out, 0, 40); /* all of it is compared */
    if (fd < 0)
        return;
    if (read(fd, out, 36) < 0)
        out[0] = '\0';
    close(fd);
}

/* Maps room for every filesystem there can be; only what is reserved is ever touched. */
int
frost_ledger_map(FrostLedger *out, int fd)
{
    void *data = mmap(NULL, sizeof(FrostLedgerData), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

    if (data == MAP_FAILED)
        return -errno;
    *out = (FrostLedger){.fd = fd, .lock_fd = -1, .data = data};
    return 0;
}

static void
initialise(FrostLedgerData *data)
{
    /* Entries of hooks[] are cleared as they are taken into use: most never are. */
    memset(data, 0, offsetof(FrostLedgerData, hooks));
    data->magic = FROST_LEDGER_MAGIC;
    data->version = FROST_LEDGER_VERSION;
    read_boot_id(data->boot_id);
}

/* Looked at before anything is changed: its head may be shorter than ours. */
static bool
is_of_another_version(int fd)
{
    uint32_t head[2] = {0};

    return pread(fd, head, sizeof head, 0) == sizeof head && head[0] == FROST_LEDGER_MAGIC &&
           head[1] != FROST_LEDGER_VERSION;
}

static bool
levels_are_believable(const FrostLedgerData *data, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        if (data->filesystems[i].level >= FROST_LEDGER_FILESYSTEMS)
            return false;
    }
    return true;
}

/* Takes what the file says only if it is ours, of this boot, and as large as it claims. */
static bool
content_is_usable(const FrostLedgerData *data, off_t file_size)
{
    char boot_id[40];
    uint32_t count = atomic_load(&data->count);

    read_boot_id(boot_id);
    return data->magic == FROST_LEDGER_MAGIC &&
           memcmp(data->boot_id, boot_id, sizeof boot_id) == 0 &&
           atomic_load(&data->hook_count) <= FROST_LEDGER_HOOKS &&
           count <= FROST_LEDGER_FILESYSTEMS && (off_t)size_for(count) <= file_size &&
           levels_are_believable(data, count);
}

static void
terminate_texts(FrostLedgerData *data)
{
    data->hook_source[sizeof data->hook_source - 1] = '\0';
    data->hook_log[sizeof data->hook_log - 1] = '\0';
    data->statedir[sizeof data->statedir - 1] = '\0';
    data->failure[sizeof data->failure - 1] = '\0';
    for (uint32_t i = 0; i < atomic_load(&data->hook_count); i++) {
        FrostLedgerHook *hook = &data->hooks[i];

        hook->name[sizeof hook->name - 1] = '\0';
        hook->sides[0].note[sizeof hook->sides[0].note - 1] = '\0';
        hook->sides[1].note[sizeof hook->sides[1].note - 1] = '\0';
    }
    for (uint32_t i = 0; i < atomic_load(&data->count); i++) {
        FrostLedgerFs *fs = &data->filesystems[i];

        fs->mount_point[sizeof fs->mount_point - 1] = '\0';
        fs->fs_type[sizeof fs->fs_type - 1] = '\0';
        fs->source[sizeof fs->source - 1] = '\0';
    }
}

/* 0, or a negative errno; -EPROTO for a ledger of another version, which is left alone. */
static int
examine(const FrostLedger *self, off_t *out_size)
{
    struct stat st;

    if (fstat(self->fd, &st) < 0)
        return -errno;
    if (!S_ISREG(st.st_mode))
        return -EINVAL;
    /* It names a program that we run. Of a file in memory nobody else has a descriptor. */
    if (!self->in_memory && (st.st_uid != geteuid() || (st.st_mode & (S_IWGRP | S_IWOTH))))
        return -EPERM;
    if (is_of_another_version(self->fd))
        return -EPROTO;
    *out_size = st.st_size;
    return 0;
}

static int
map(FrostLedger *self)
{
    FrostLedger mapped;
    int r = frost_ledger_map(&mapped, self->fd);

    if (r == 0)
        self->data = mapped.data;
    return r;
}

/* 0, or a negative errno. */
static int
load(FrostLedger *self)
{
    off_t size;
    int r = examine(self, &size);

    if (r == 0)
        r = reserve(self->fd, size_for(0));
    if (r == 0)
        r = map(self);
    if (r < 0)
        return r;
    if (size < (off_t)size_for(0) || !content_is_usable(self->data, size))
        initialise(self->data);
    terminate_texts(self->data);
    return 0;
}

static void
warn_of_memory(const char *why)
{
    g_warning("the ledger is kept in memory only, for %s: if agent and freezer are both killed, "
              "nobody will know what was frozen",
              why);
}

static void
note_memory(FrostLedger *self)
{
    atomic_store(&self->data->lacks[FROST_LACK_LEDGER_FILE], self->why_in_memory);
}

/* The file is left as it is, and stays locked. 0, or a negative errno. @why: one, too */
static int
move_to_memory(FrostLedger *self, int why)
{
    if (self->data)
        munmap(self->data, sizeof(FrostLedgerData));
    self->data = NULL;
    self->lock_fd = self->fd;
    self->in_memory = true;
    self->why_in_memory = -why;
    self->fd = memfd_create("frost-ga.ledger", MFD_CLOEXEC);
    int r = self->fd < 0 ? -errno : load(self);
    if (r == 0)
        note_memory(self);
    return r;
}

static FrostLedger *
open_in_memory(const char *path, int why, GError **error)
{
    g_autoptr(FrostLedger) self = g_new0(FrostLedger, 1);
    g_autofree char *reason =
        g_strdup_printf("%s cannot be used: %s", path,
                        why == -EPROTO ? "it is of another version" : g_strerror(-why));

    self->fd = -1;
    int r = move_to_memory(self, why);
    if (r < 0) {
        g_set_error(error, FROST_LEDGER_ERROR, FROST_LEDGER_ERROR_IO,
                    "%s, and there is no memory for a ledger: %s", reason, g_strerror(-r));
        return NULL;
    }
    warn_of_memory(reason);
    return g_steal_pointer(&self);
}

/* Whoever holds it may be waiting for the kernel: then the filesystem is named (K6). */
static void
refuse_held(const char *statedir, const char *path, GError **error)
{
    g_autoptr(FrostPeek) peek = frost_ledger_peek(statedir);

    if (peek->mount_points && peek->mount_points->len > 0)
        g_set_error(error, FROST_LEDGER_ERROR, FROST_LEDGER_ERROR_HELD,
                    "an earlier freeze is still being undone: the kernel has not let go of %s",
                    (const char *)g_ptr_array_index(peek->mount_points, 0));
    else
        g_set_error(error, FROST_LEDGER_ERROR, FROST_LEDGER_ERROR_HELD,
                    "another process holds %s: an earlier freeze is still being undone", path);
}

static FrostLedger *
open_locked(const char *statedir, int lock_operation, GError **error)
{
    g_autoptr(FrostLedger) self = g_new0(FrostLedger, 1);
    g_autofree char *path = g_build_filename(statedir, FROST_LEDGER_NAME, NULL);
    int r;

    self->lock_fd = -1;
    self->fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600);
    if (self->fd < 0)
        return open_in_memory(path, -errno, error);
    do {
        r = flock(self->fd, lock_operation);
    } while (r < 0 && errno == EINTR);
    if (r < 0 && errno == EWOULDBLOCK) {
        refuse_held(statedir, path, error);
        return NULL;
    }
    r = r < 0 ? -errno : load(self);
    return r < 0 ? open_in_memory(path, r, error) : g_steal_pointer(&self);
}

FrostLedger *
frost_ledger_open(const char *statedir, GError **error)
{
    return open_locked(statedir, LOCK_EX | LOCK_NB, error);
}

FrostLedger *
frost_ledger_open_wait(const char *statedir, GError **error)
{
    return open_locked(statedir, LOCK_EX, error);
}

FrostLedger *
frost_ledger_open_beside(const char *statedir)
{
    g_autoptr(FrostLedger) self = g_new0(FrostLedger, 1);
    g_autofree char *path = g_build_filename(statedir, FROST_LEDGER_NAME, NULL);
    off_t size;

    self->lock_fd = -1;
    self->fd = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (self->fd < 0 || examine(self, &size) < 0 || size < (off_t)size_for(0) || map(self) < 0 ||
        !content_is_usable(self->data, size))
        return NULL;
    return g_steal_pointer(&self);
}

/* The lock goes with the last descriptor of this open file, so a freezer that lives keeps it. */
void
frost_ledger_free(FrostLedger *self)
{
    if (!self)
        return;
    if (self->data)
        munmap(self->data, sizeof(FrostLedgerData));
    if (self->fd >= 0)
        close(self->fd);
    if (self->lock_fd >= 0)
        close(self->lock_fd);
    g_free(self);
}

bool
frost_ledger_is_active(const FrostLedger *self)
{
    return atomic_load(&self->data->active) != 0;
}

static void
enter(FrostLedgerFs *entry, const FrostFilesystem *fs)
{
    memset(entry, 0, sizeof *entry);
    entry->fd = fs->fd;
    entry->level = fs->level;
    entry->sync_only = fs->verdict == FROST_VERDICT_SYNC;
    entry->mount_dev = fs->mount_dev;
    entry->device = fs->device;
    g_strlcpy(entry->mount_point, fs->mount_point, sizeof entry->mount_point);
    g_strlcpy(entry->fs_type, fs->fs_type, sizeof entry->fs_type);
    if (fs->source)
        g_strlcpy(entry->source, fs->source, sizeof entry->source);
}

static bool
is_of_interest(const FrostFilesystem *fs)
{
    return fs->verdict == FROST_VERDICT_FREEZE || fs->verdict == FROST_VERDICT_SYNC;
}

/* A store to a mapped page of a frozen file never ends. Where it cannot be told whether the file
 * will be on a frozen filesystem (another subvolume, the upper side of an overlay), it will. */
static bool
may_be_frozen(const FrostLedger *self, const FrostPlan *plan)
{
    struct statfs where;
    struct stat st;

    if (self->in_memory)
        return false;
    if (fstatfs(self->fd, &where) < 0 || fstat(self->fd, &st) < 0)
        return true;
    if (where.f_type == TMPFS_MAGIC || where.f_type == RAMFS_MAGIC)
        return false;
    if (where.f_type == OVERLAYFS_SUPER_MAGIC)
        return plan->freezable > 0;
    for (guint i = 0; i < plan->filesystems->len; i++) {
        const FrostFilesystem *fs = g_ptr_array_index(plan->filesystems, i);
        bool is_btrfs = strcmp(fs->fs_type, "btrfs") == 0;

        if (fs->verdict == FROST_VERDICT_FREEZE &&
            (fs->mount_dev == st.st_dev || (is_btrfs && where.f_type == BTRFS_SUPER_MAGIC)))
            return true;
    }
    return false;
}

/* A state directory that has filled up since the start is no reason not to freeze. */
static int
make_room(FrostLedger *self, uint32_t count)
{
    int r = count > FROST_LEDGER_FILESYSTEMS ? -E2BIG : reserve(self->fd, size_for(count));

    if (r == 0 || r == -E2BIG || self->in_memory)
        return r;
    warn_of_memory("there is no room for it in the state directory");
    r = move_to_memory(self, r);
    return r < 0 ? r : reserve(self->fd, size_for(count));
}

static bool
fail_for_room(uint32_t count, int r, GError **error)
{
    g_set_error(error, FROST_LEDGER_ERROR, FROST_LEDGER_ERROR_IO,
                "cannot reserve room in the state directory for %u filesystems: %s", count,
                g_strerror(-r));
    return false;
}

bool
frost_ledger_begin(FrostLedger *self, const FrostPlan *plan, GError **error)
{
    uint32_t count = 0;
    int r = 0;

    for (guint i = 0; i < plan->filesystems->len; i++)
        count += is_of_interest(g_ptr_array_index(plan->filesystems, i));

    if (may_be_frozen(self, plan)) {
        warn_of_memory("the state directory is itself to be frozen");
        r = move_to_memory(self, -EDEADLK);
    }
    if (r == 0)
        r = make_room(self, count);
    if (r < 0)
        return fail_for_room(count, r, error);

    initialise(self->data);
    if (self->in_memory)
        note_memory(self);
    count = 0;
    for (guint i = 0; i < plan->filesystems->len; i++) {
        const FrostFilesystem *fs = g_ptr_array_index(plan->filesystems, i);

        if (is_of_interest(fs))
            enter(&self->data->filesystems[count++], fs);
    }
    self->data->mounts_of = (int32_t)plan->sys->mounts_of;
    self->data->began_real_us = g_get_real_time();
    self->data->began_us = plan->sys->boottime_us(plan->sys);
    atomic_store(&self->data->count, count);
    atomic_store(&self->data->active, 1);
    return true;
}

void
frost_ledger_end(FrostLedger *self)
{
    if (frost_ledger_held(self) > 0)
        return;
    atomic_store(&self->data->active, 0);
    /* Of every copy of the descriptor: the next freeze does not wait until the freezer has left. */
    flock(self->lock_fd >= 0 ? self->lock_fd : self->fd, LOCK_UN);
}

void
frost_ledger_mark(FrostLedger *self, FrostStep step, int64_t now_us)
{
    int64_t never = 0;

    atomic_compare_exchange_strong(&self->data->step_us[step], &never, now_us);
}

bool
frost_fs_state_is_held(FrostFsState state)
{
    switch (state) {
    case FROST_FS_FREEZING:
    case FROST_FS_ABANDONED:
    case FROST_FS_FROZEN:
    case FROST_FS_THAWING:
    case FROST_FS_STUCK:
        return true;
    case FROST_FS_OPEN:
    case FROST_FS_FOREIGN:
    case FROST_FS_UNSUPPORTED:
    case FROST_FS_FAILED:
    case FROST_FS_THAWED:
    case FROST_FS_LOST:
        break;
    }
    return false;
}

unsigned
frost_ledger_held(const FrostLedger *self)
{
    uint32_t count = atomic_load(&self->data->count);
    unsigned held = 0;

    for (uint32_t i = 0; i < count; i++)
        held += frost_fs_state_is_held(atomic_load(&self->data->filesystems[i].state));
    return held;
}

const FrostLedgerFs *
frost_ledger_find_held(const FrostLedger *self)
{
    uint32_t count = atomic_load(&self->data->count);
    const FrostLedgerFs *found = NULL;

    for (uint32_t i = 0; i < count; i++) {
        const FrostLedgerFs *fs = &self->data->filesystems[i];
        FrostFsState state = (FrostFsState)atomic_load(&fs->state);

        if (state == FROST_FS_STUCK)
            return fs;
        if (!found && frost_fs_state_is_held(state))
            found = fs;
    }
    return found;
}

unsigned
frost_ledger_count(const FrostLedger *self, FrostFsState state)
{
    uint32_t count = atomic_load(&self->data->count);
    unsigned found = 0;

    for (uint32_t i = 0; i < count; i++)
        found += atomic_load(&self->data->filesystems[i].state) == state;
    return found;
}

bool
frost_ledger_step(FrostLedgerFs *fs, FrostFsState from, FrostFsState to)
{
    uint32_t expected = from;

    return atomic_compare_exchange_strong(&fs->state, &expected, to);
}
