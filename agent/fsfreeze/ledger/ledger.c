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

#include "boot-id.h"
#include "ledger-content.h"
#include "snapshot.h"
#include "unmapped-ledger.h"

/* ftruncate() would not do: a page for which a tmpfs has no room later would be a SIGBUS. */
static int
reserve(int fd, size_t size)
{
    int r;

    do {
        r = posix_fallocate(fd, 0, (off_t)size);
    } while (r == EINTR);
    return -r;
}

/* `owner` keeps counting: a freezer of an earlier freeze may still be alive, and its number must
 * not be given again. */
static void
initialise(FrostLedgerData *data)
{
    uint32_t owner = atomic_load(&data->owner);

    /* frost_ledger_add_hook() clears the entries of hooks[]; most are never used. */
    memset(data, 0, offsetof(FrostLedgerData, disks));
    data->magic = FROST_LEDGER_MAGIC;
    data->version = FROST_LEDGER_VERSION;
    frost_boot_id_read(data->boot_id);
    atomic_store(&data->owner, owner + 1);
}

/* But for those whose old values an earlier freeze still owes. */
static void
forget_disks(FrostLedgerData *data)
{
    for (uint32_t i = 0; i < FROST_LEDGER_DISKS; i++) {
        if (atomic_load(&data->disks[i].turned_by) == 0)
            memset(&data->disks[i], 0, sizeof data->disks[i]);
    }
}

static int
map(FrostLedger *self)
{
    FrostLedger mapped;
    int r = frost_ledger_map(&mapped, self->fd, self->lock_fd);

    if (r == 0)
        self->data = mapped.data;
    return r;
}

/* 0, or a negative errno. */
static int
load(FrostLedger *self)
{
    off_t size;
    int r = frost_ledger_examine(self->fd, self->in_memory, &size);

    if (r == 0)
        r = reserve(self->fd, frost_ledger_size_for(0));
    if (r == 0)
        r = map(self);
    if (r < 0)
        return r;
    if (size < (off_t)frost_ledger_size_for(0) ||
        !frost_ledger_content_is_usable(self->data, size)) {
        initialise(self->data);
        memset(self->data->disks, 0, sizeof self->data->disks);
    }
    frost_ledger_terminate_texts(self->data);
    /* We have the lock, so no process is left that has the ledger in memory. */
    uint32_t elsewhere = FROST_LEDGER_ELSEWHERE;
    atomic_compare_exchange_strong(&self->data->active, &elsewhere, FROST_LEDGER_HISTORY);
    return 0;
}

static void
warn_of_memory(const char *why)
{
    g_warning("the ledger is kept in memory only, and if agent and freezer are both killed, nobody "
              "will know what was frozen: %s",
              why);
}

static void
note_memory(FrostLedger *self)
{
    atomic_store(&self->data->degraded[FROST_DEGRADED_LEDGER_FILE], self->why_in_memory);
}

/* An early end that the host's next thaw must report. */
typedef struct {
    uint32_t cause;
    uint32_t limit_s;
} Owed;

/* Writes into the file that the ledger is elsewhere, when it could not be mapped. Where there is no
 * room for that, an agent that waits for the lock knows as little as without. Returns what the file
 * owes. */
static Owed
note_elsewhere(const FrostLedger *self)
{
    Owed owed = {.cause = FROST_RELEASE_NONE};
    const uint32_t elsewhere = FROST_LEDGER_ELSEWHERE;
    g_autofree FrostLedgerData *data = g_try_malloc0(sizeof *data);
    ssize_t size = data ? pread(self->lock_fd, data, sizeof *data, 0) : -1;
    ssize_t n;

    if (size < 0)
        return owed;
    if (size >= (ssize_t)frost_ledger_size_for(0) && frost_ledger_content_is_usable(data, size)) {
        owed = (Owed){atomic_load(&data->owed), frost_ledger_owed_limit_s(data)};
        n = pwrite(self->lock_fd, &elsewhere, sizeof elsewhere, offsetof(FrostLedgerData, active));
    } else {
        initialise(data);
        atomic_store(&data->active, elsewhere);
        n = pwrite(self->lock_fd, data, offsetof(FrostLedgerData, hooks), 0);
    }
    if (n < 0)
        g_info("cannot note in the ledger that it is in memory: %s", g_strerror(errno));
    return owed;
}

/* Replaces the file by a memfd. The file on disk only gets a note that the ledger is elsewhere, and
 * stays locked if it was. @why: a negative errno, the reason. 0, or a negative errno. */
static int
move_to_memory(FrostLedger *self, int why)
{
    Owed owed = {.cause = FROST_RELEASE_NONE};

    if (self->data) {
        atomic_store(&self->data->active, FROST_LEDGER_ELSEWHERE);
        munmap(self->data, sizeof(FrostLedgerData));
    } else if (self->lock_fd >= 0) {
        owed = note_elsewhere(self);
    }
    self->data = NULL;
    if (self->fd >= 0)
        close(self->fd);
    self->in_memory = true;
    self->why_in_memory = -why;
    self->fd = memfd_create("frost-ga.ledger", MFD_CLOEXEC);
    int r = self->fd < 0 ? -errno : load(self);
    if (r < 0)
        return r;
    note_memory(self);
    atomic_store(&self->data->owed, owed.cause);
    atomic_store(&self->data->owed_limit_s, owed.limit_s);
    return 0;
}

static void
drop_lock(FrostLedger *self)
{
    if (self->lock_fd >= 0)
        close(self->lock_fd);
    self->lock_fd = -1;
}

/* The file is not ours (-EPERM), no file (-EINVAL), or one of another version. */
static bool
is_left_alone(int why)
{
    return why == -EPERM || why == -EINVAL || why == -EPROTO;
}

/* Takes @opened, which may have the lock. @why: a negative errno, the reason. */
static FrostLedger *
open_in_memory(FrostLedger *opened, const char *statedir, const char *path, int why, GError **error)
{
    g_autoptr(FrostLedger) self = opened;
    GError *left = frost_unmapped_ledger_find_left(statedir, -why);
    g_autofree char *reason = g_strdup_printf(
        "%s cannot be used: %s", path, why == -EPROTO ? FROST_LEDGER_FOREIGN : g_strerror(-why));

    if (left) {
        g_propagate_error(error, left);
        return NULL;
    }
    if (is_left_alone(why))
        drop_lock(self);
    int r = move_to_memory(self, why);
    if (r < 0) {
        g_set_error(error, FROST_LEDGER_ERROR, FROST_LEDGER_ERROR_IO,
                    "%s, and there is no memory for a ledger: %s", reason, g_strerror(-r));
        return NULL;
    }
    warn_of_memory(reason);
    return g_steal_pointer(&self);
}

/* The process that has the lock may wait for the kernel to thaw a filesystem (K6). If the ledger
 * says so, the error names that filesystem. */
static void
refuse_held(const char *statedir, const char *path, GError **error)
{
    g_autoptr(FrostSnapshot) snapshot = frost_ledger_snapshot(statedir);

    if (snapshot->mount_points && snapshot->mount_points->len > 0)
        g_set_error(error, FROST_LEDGER_ERROR, FROST_LEDGER_ERROR_HELD,
                    "an earlier freeze is still being undone: the kernel has not let go of %s",
                    (const char *)g_ptr_array_index(snapshot->mount_points, 0));
    else
        g_set_error(error, FROST_LEDGER_ERROR, FROST_LEDGER_ERROR_HELD,
                    "another process holds %s: an earlier freeze is still being undone", path);
}

static FrostLedger *
open_locked(const char *statedir, int lock_operation, GError **error)
{
    g_autoptr(FrostLedger) self = g_new0(FrostLedger, 1);
    g_autofree char *path = g_build_filename(statedir, FROST_LEDGER_NAME, NULL);
    g_autofree char *again = NULL;
    int r;

    self->fd = -1;
    self->lock_fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600);
    if (self->lock_fd < 0)
        return open_in_memory(g_steal_pointer(&self), statedir, path, -errno, error);
    do {
        r = flock(self->lock_fd, lock_operation);
    } while (r < 0 && errno == EINTR);
    if (r < 0 && errno == EWOULDBLOCK) {
        refuse_held(statedir, path, error);
        return NULL;
    }
    if (r < 0) {
        r = -errno;
        drop_lock(self);
        return open_in_memory(g_steal_pointer(&self), statedir, path, r, error);
    }
    /* The file is opened a second time, for the mapping. If the locked open file were mapped, a
     * thread of a dead process would keep the lock for as long as it has the memory. */
    again = g_strdup_printf("/proc/self/fd/%d", self->lock_fd);
    self->fd = open(again, O_RDWR | O_CLOEXEC | O_NONBLOCK);
    r = self->fd < 0 ? -errno : load(self);
    return r < 0 ? open_in_memory(g_steal_pointer(&self), statedir, path, r, error)
                 : g_steal_pointer(&self);
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
    if (self->fd < 0 || frost_ledger_examine(self->fd, self->in_memory, &size) < 0 ||
        size < (off_t)frost_ledger_size_for(0) || map(self) < 0 ||
        !frost_ledger_content_is_usable(self->data, size))
        return NULL;
    return g_steal_pointer(&self);
}

/* A living freezer keeps the lock: it has inherited lock_fd, and the last copy counts. */
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

static void
enter(FrostLedgerFs *fs, const FrostLedgerEntry *entry)
{
    memset(fs, 0, sizeof *fs);
    fs->fd = entry->fd;
    fs->level = entry->level;
    fs->turn = entry->turn;
    fs->sync_only = entry->sync_only;
    fs->mount_dev = entry->mount_dev;
    fs->device = entry->device;
    fs->is_cut = g_strlcpy(fs->mount_point, entry->mount_point, sizeof fs->mount_point) >=
                 sizeof fs->mount_point;
    g_strlcpy(fs->fs_type, entry->fs_type, sizeof fs->fs_type);
    if (entry->source)
        g_strlcpy(fs->source, entry->source, sizeof fs->source);
    if (entry->serials)
        g_strlcpy(fs->serials, entry->serials, sizeof fs->serials);
}

/* True if the ledger's file is, or may be, on a filesystem that is to be frozen: a store to a
 * mapped page of it would hang until the thaw. Other subvolumes of a btrfs and overlays count, as
 * the device number does not show what is below them. */
static bool
may_be_frozen(const FrostLedger *self, const GArray *entries)
{
    struct statfs where;
    struct stat st;

    if (self->in_memory)
        return false;
    if (fstatfs(self->fd, &where) < 0 || fstat(self->fd, &st) < 0)
        return true;
    if ((unsigned)where.f_type == TMPFS_MAGIC || (unsigned)where.f_type == RAMFS_MAGIC)
        return false;
    for (guint i = 0; i < entries->len; i++) {
        const FrostLedgerEntry *entry = &g_array_index(entries, FrostLedgerEntry, i);
        bool is_btrfs = strcmp(entry->fs_type, "btrfs") == 0;

        if (entry->sync_only)
            continue;
        if ((unsigned)where.f_type == OVERLAYFS_SUPER_MAGIC || entry->mount_dev == st.st_dev ||
            (is_btrfs && (unsigned)where.f_type == BTRFS_SUPER_MAGIC))
            return true;
    }
    return false;
}

/* If the state directory has filled up since the agent's start, the freeze goes on in memory. */
static int
make_room(FrostLedger *self, uint32_t count)
{
    int r =
        count > FROST_LEDGER_FILESYSTEMS ? -E2BIG : reserve(self->fd, frost_ledger_size_for(count));

    if (r == 0 || r == -E2BIG || self->in_memory)
        return r;
    warn_of_memory("there is no room for it in the state directory");
    r = move_to_memory(self, r);
    return r < 0 ? r : reserve(self->fd, frost_ledger_size_for(count));
}

bool
frost_ledger_begin(FrostLedger *self, const GArray *entries, int64_t now_us, GError **error)
{
    int r = 0;

    if (may_be_frozen(self, entries)) {
        warn_of_memory("the state directory is itself to be frozen");
        r = move_to_memory(self, -EDEADLK);
    }
    if (r == 0)
        r = make_room(self, entries->len);
    if (r < 0) {
        g_set_error(error, FROST_LEDGER_ERROR, FROST_LEDGER_ERROR_IO,
                    "cannot reserve room in the state directory for %u filesystems: %s",
                    entries->len, g_strerror(-r));
        return false;
    }

    initialise(self->data);
    forget_disks(self->data);
    if (self->in_memory)
        note_memory(self);
    for (guint i = 0; i < entries->len; i++)
        enter(&self->data->filesystems[i], &g_array_index(entries, FrostLedgerEntry, i));
    self->data->began_real_us = g_get_real_time();
    self->data->began_us = now_us;
    g_snprintf(self->data->id, sizeof self->data->id, "%016" G_GINT64_MODIFIER "x",
               (guint64)self->data->began_real_us);
    atomic_store(&self->data->count, entries->len);
    atomic_store(&self->data->active, FROST_LEDGER_ACTIVE);
    return true;
}
