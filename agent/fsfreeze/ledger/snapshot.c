/* SPDX-License-Identifier: MIT */
#include "snapshot.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "boot-id.h"
#include "deadline.h"

#define HEAD_SIZE offsetof(FrostLedgerData, filesystems)

void
frost_snapshot_free(FrostSnapshot *self)
{
    if (!self)
        return;
    g_free(self->reason);
    g_free(self->id);
    g_free(self->ledger);
    g_ptr_array_unref(self->mount_points);
    g_free(self);
}

const char *
frost_snapshot_state_name(FrostSnapshotState state)
{
    static const char *const names[] = {
        [FROST_SNAPSHOT_IDLE] = "idle",
        [FROST_SNAPSHOT_UNDER_WAY] = "under-way",
        [FROST_SNAPSHOT_FROZEN] = "frozen",
        [FROST_SNAPSHOT_UNKNOWN] = "unknown",
    };

    return names[state];
}

static void
set_unknown(FrostSnapshot *self, const char *reason, const char *detail)
{
    self->state = FROST_SNAPSHOT_UNKNOWN;
    self->reason = g_strconcat(reason, detail, NULL);
}

bool
frost_locks_name(const char *locks, unsigned major, unsigned minor, uint64_t inode)
{
    g_auto(GStrv) lines = g_strsplit(locks, "\n", -1);
    g_autofree char *file =
        g_strdup_printf(" %02x:%02x:%" G_GUINT64_FORMAT " ", major, minor, (guint64)inode);

    for (char **line = lines; *line; line++) {
        /* "1: FLOCK  ADVISORY  WRITE 4583 fe:00:10977539 0 EOF"; "1: -> FLOCK" only waits */
        if (strstr(*line, ": FLOCK ") && strstr(*line, file))
            return true;
    }
    return false;
}

static bool
is_of_this_boot(const FrostLedgerData *data)
{
    char boot_id[FROST_BOOT_ID_SIZE];

    frost_boot_id_read(boot_id);
    return boot_id[0] != '\0' && memcmp(data->boot_id, boot_id, sizeof boot_id) == 0;
}

/* True if a thaw call of a hook has failed. */
static bool
has_failed_to_undo(const FrostLedgerData *data)
{
    for (uint32_t i = 0; i < atomic_load(&data->hook_count); i++) {
        if (frost_hook_side_has_failed(&data->hooks[i].sides[FROST_HOOK_THAW]))
            return true;
    }
    return false;
}

/* Other processes may be writing meanwhile; each field that they write is atomic. */
static void
copy_content(FrostSnapshot *self, const FrostLedgerData *data)
{
    uint32_t count = atomic_load(&data->count);

    self->mounts_of = data->mounts_of;
    self->freeze_begun_us = atomic_load(&data->freeze_begun_us);
    self->deadline_us = frost_deadline_earlier(
        frost_deadline_after(self->freeze_begun_us, data->window_limit_us),
        frost_deadline_after(atomic_load(&data->frozen_us), data->hold_limit_us));
    self->freezer_pid = atomic_load(&data->freezer_pid);
    self->freezer_start = atomic_load(&data->freezer_start);
    self->hook_owed = frost_ledger_owes_hooks(data);
    self->hook_failed = has_failed_to_undo(data);
    for (uint32_t i = 0; i < count; i++) {
        const FrostLedgerFs *fs = &data->filesystems[i];

        if (frost_fs_state_is_held(atomic_load(&fs->state)))
            g_ptr_array_add(self->mount_points, g_strndup(fs->mount_point, sizeof fs->mount_point));
    }
    if (self->mount_points->len > 0)
        self->state = FROST_SNAPSHOT_FROZEN;
    else if (atomic_load(&data->active) == FROST_LEDGER_ACTIVE)
        self->state = FROST_SNAPSHOT_UNDER_WAY;
    if (self->state != FROST_SNAPSHOT_IDLE)
        self->id = g_strndup(data->id, sizeof data->id);
}

static FrostSnapshot *
snapshot_new(void)
{
    FrostSnapshot *self = g_new0(FrostSnapshot, 1);

    self->mount_points = g_ptr_array_new_with_free_func(g_free);
    return self;
}

FrostSnapshot *
frost_snapshot_of_ledger(const FrostLedgerData *data)
{
    FrostSnapshot *self = snapshot_new();

    if (data)
        copy_content(self, data);
    return self;
}

static void
check_content(FrostSnapshot *self, const FrostLedgerData *data, size_t size)
{
    uint32_t count = atomic_load(&data->count);

    if (size < offsetof(FrostLedgerData, boot_id) || data->magic != FROST_LEDGER_MAGIC)
        return;
    if (data->version != FROST_LEDGER_VERSION)
        set_unknown(self, "the ledger: " FROST_LEDGER_FOREIGN, "");
    else if (size < HEAD_SIZE || !is_of_this_boot(data))
        return;
    else if (count > FROST_LEDGER_FILESYSTEMS ||
             atomic_load(&data->hook_count) > FROST_LEDGER_HOOKS ||
             HEAD_SIZE + count * sizeof(FrostLedgerFs) > size)
        set_unknown(self, "the ledger is damaged", "");
    else
        copy_content(self, data);
}

/* Most of a ledger is room for filesystems, of which only what was read is looked at. */
static void
read_ledger(FrostSnapshot *self, int fd)
{
    g_autofree FrostLedgerData *data = g_new(FrostLedgerData, 1);
    g_autofree char *locks = NULL;
    struct stat st;
    ssize_t size;

    memset(data, 0, HEAD_SIZE);
    if (fstat(fd, &st) < 0 || (size = pread(fd, data, sizeof *data, 0)) < 0) {
        set_unknown(self, "the ledger cannot be read: ", g_strerror(errno));
        return;
    }
    check_content(self, data, (size_t)size);
    if (self->id)
        self->ledger = g_steal_pointer(&data);
    if (self->state == FROST_SNAPSHOT_IDLE &&
        g_file_get_contents("/proc/locks", &locks, NULL, NULL) &&
        frost_locks_name(locks, major(st.st_dev), minor(st.st_dev), st.st_ino))
        set_unknown(self, "a freeze is under way, but not, or not yet, in the ledger", "");
}

FrostSnapshot *
frost_ledger_snapshot(const char *statedir)
{
    FrostSnapshot *self = snapshot_new();
    g_autofree char *path = g_build_filename(statedir, FROST_LEDGER_NAME, NULL);

    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY | O_NONBLOCK);
    if (fd >= 0) {
        read_ledger(self, fd);
        close(fd);
    } else if (errno != ENOENT) {
        set_unknown(self, "the ledger cannot be read: ", g_strerror(errno));
    }
    return self;
}
