/* SPDX-License-Identifier: MIT */
#include "fake-sys-private.h"

#include <errno.h>
#include <stdarg.h>

#define HELD_LIMIT_S 10

/* Types with freeze_fs or freeze_super (K2). */
static const char *const FREEZABLE[] = {"ext2", "ext3",     "ext4", "xfs",    "btrfs",
                                        "f2fs", "gfs2",     "jfs",  "nilfs2", "reiserfs",
                                        "cifs", "bcachefs", NULL};

static const char *
errno_name(int error)
{
    static const struct {
        int error;
        const char *name;
    } NAMES[] = {
        {EBUSY, "EBUSY"}, {EINVAL, "EINVAL"}, {EOPNOTSUPP, "EOPNOTSUPP"},
        {EIO, "EIO"},     {EPERM, "EPERM"},   {EBADF, "EBADF"},
        {EROFS, "EROFS"}, {ENOSPC, "ENOSPC"}, {ENOMEM, "ENOMEM"},
    };

    for (size_t i = 0; i < G_N_ELEMENTS(NAMES); i++) {
        if (NAMES[i].error == error)
            return NAMES[i].name;
    }
    return g_strerror(error);
}

void
fake_sys_violation(FakeSys *self, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    g_string_append_vprintf(self->violations, format, args);
    va_end(args);
    g_string_append_c(self->violations, '\n');
}

void
fake_door_free(FakeDoor *door)
{
    g_clear_pointer(&door->errors, g_hash_table_unref);
}

static int
ask_keeper(FakeFs *fs, FakeCall call)
{
    FakeSys *self = fs->sys;

    g_mutex_unlock(&self->lock);
    int r = self->keeper(self->keeper_user, fs, call);
    g_mutex_lock(&self->lock);
    return r;
}

int
fake_door_enter(FakeFs *fs, FakeCall call)
{
    FakeDoor *door = &fs->doors[call];
    FakeSys *self = fs->sys;

    door->count++;
    if (self->keeper && call >= FAKE_SYNC)
        return ask_keeper(fs, call);
    int error = 0;
    if (door->errors) {
        error = GPOINTER_TO_INT(g_hash_table_lookup(door->errors, GUINT_TO_POINTER(door->count)));
        if (!error)
            error = GPOINTER_TO_INT(g_hash_table_lookup(door->errors, GUINT_TO_POINTER(0)));
    }
    if (!door->held)
        return -error;

    door->waiting++;
    g_cond_broadcast(&self->changed);
    while (door->held)
        g_cond_wait(&self->changed, &self->lock);
    door->waiting--;
    return -error;
}

void
fake_sys_fail(FakeSys *self, FakeFs *fs, FakeCall call, unsigned nth, int error)
{
    g_autoptr(GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new(&self->lock);
    FakeDoor *door = &fs->doors[call];

    if (!door->errors)
        door->errors = g_hash_table_new(NULL, NULL);
    g_hash_table_insert(door->errors, GUINT_TO_POINTER(nth ? door->count + nth : 0),
                        GINT_TO_POINTER(error));
}

void
fake_sys_hold(FakeSys *self, FakeFs *fs, FakeCall call)
{
    g_autoptr(GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new(&self->lock);

    fs->doors[call].held = true;
}

void
fake_sys_release(FakeSys *self, FakeFs *fs, FakeCall call)
{
    g_autoptr(GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new(&self->lock);

    fs->doors[call].held = false;
    g_cond_broadcast(&self->changed);
}

void
fake_sys_release_all(FakeSys *self)
{
    g_autoptr(GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new(&self->lock);

    for (guint i = 0; i < self->filesystems->len; i++) {
        FakeFs *fs = self->filesystems->pdata[i];

        for (int call = 0; call < FAKE_CALLS; call++)
            fs->doors[call].held = false;
    }
    g_cond_broadcast(&self->changed);
}

void
fake_sys_set_keeper(FakeSys *self, FakeKeeper keeper, void *user)
{
    self->keeper = keeper;
    self->keeper_user = user;
}

bool
fake_sys_wait_held(FakeSys *self, FakeFs *fs, FakeCall call)
{
    g_autoptr(GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new(&self->lock);
    gint64 end = g_get_monotonic_time() + HELD_LIMIT_S * G_TIME_SPAN_SECOND;

    while (fs->doors[call].waiting == 0) {
        if (!g_cond_wait_until(&self->changed, &self->lock, end))
            return fs->doors[call].waiting > 0;
    }
    return true;
}

static void
journal(FakeFs *fs, const char *call, int r)
{
    GString *text = fs->sys->journal;

    g_string_append_printf(text, "%s %s", call, fs->name);
    if (r < 0)
        g_string_append_printf(text, ": %s", errno_name(-r));
    g_string_append_c(text, '\n');
}

static FakeFs *
fs_of_fd(FakeSys *self, int fd, const char *call)
{
    const FakeFd *entry = g_hash_table_lookup(self->fds, GINT_TO_POINTER(fd));

    if (!entry)
        fake_sys_violation(self, "%s on descriptor %d, which is not open", call, fd);
    return entry ? entry->fs : NULL;
}

/* Both sides of a stack must not be on the way, or there, at once: the upper one could not write
 * out what it has (K13). */
static void
check_freeze_order(FakeFs *fs)
{
    FakeSys *self = fs->sys;

    for (guint i = 0; i < self->filesystems->len; i++) {
        const FakeFs *other = self->filesystems->pdata[i];

        if (other == fs)
            continue;
        if ((other->frozen || other->freezing) && fake_fs_stands_on(fs, other))
            fake_sys_violation(self, "freeze of %s, which stands on %s, which is %s: deadlock",
                               fs->name, other->name, other->frozen ? "frozen" : "freezing");
        else if (other->freezing && fake_fs_stands_on(other, fs))
            fake_sys_violation(self,
                               "freeze of %s while %s, which stands on it, is freezing: "
                               "deadlock",
                               fs->name, other->name);
    }
}

static void
check_thaw_order(FakeFs *fs)
{
    FakeSys *self = fs->sys;

    for (guint i = 0; i < self->filesystems->len; i++) {
        const FakeFs *other = self->filesystems->pdata[i];
        if (other != fs && other->frozen && !other->thaw_failed && fake_fs_stands_on(fs, other))
            fake_sys_violation(self, "thaw of %s, which stands on %s, which is frozen: it hangs",
                               fs->name, other->name);
    }
}

int
fake_sys_call_sync(FrostKernel *kernel, int fd)
{
    FakeSys *self = (FakeSys *)kernel;
    g_autoptr(GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new(&self->lock);
    FakeFs *fs = fs_of_fd(self, fd, "syncfs");
    if (!fs)
        return -EBADF;

    int r = fake_door_enter(fs, FAKE_SYNC);
    journal(fs, "sync", r);
    return r;
}

uint64_t
fake_sys_call_free_space(FrostKernel *kernel, int fd)
{
    FakeSys *self = (FakeSys *)kernel;
    g_autoptr(GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new(&self->lock);
    FakeFs *fs = fs_of_fd(self, fd, "fstatfs");

    return fs && fake_door_enter(fs, FAKE_SPACE) == 0 ? fs->free : 0;
}

void
fake_sys_set_free(FakeSys *self, FakeFs *fs, uint64_t bytes)
{
    g_autoptr(GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new(&self->lock);

    fs->free = bytes;
}

int
fake_sys_call_freeze(FrostKernel *kernel, int fd)
{
    FakeSys *self = (FakeSys *)kernel;
    g_autoptr(GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new(&self->lock);
    FakeFs *fs = fs_of_fd(self, fd, "FIFREEZE");
    if (!fs)
        return -EBADF;

    int r;
    if (!g_strv_contains(FREEZABLE, fs->type)) {
        r = -EOPNOTSUPP;
    } else if (fs->frozen || fs->freezing || fs->suspended) {
        r = -EBUSY;
    } else {
        check_freeze_order(fs);
        fs->freezing++;
        r = fake_door_enter(fs, FAKE_FREEZE);
        fs->freezing--;
        if (r == 0)
            fs->frozen = fs->owed = true;
    }
    journal(fs, "freeze", r);
    g_cond_broadcast(&self->changed);
    return r;
}

int
fake_sys_call_thaw(FrostKernel *kernel, int fd)
{
    FakeSys *self = (FakeSys *)kernel;
    g_autoptr(GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new(&self->lock);
    FakeFs *fs = fs_of_fd(self, fd, "FITHAW");
    if (!fs)
        return -EBADF;

    if (fs->suspended)
        fake_sys_violation(self, "thaw of %s, which is suspended: it hangs", fs->name);
    else if (!fs->owed && !fs->freezing && !fs->uncertain)
        fake_sys_violation(self, "thaw of %s, which we have not frozen", fs->name);
    check_thaw_order(fs);

    /* Whoever made it so is answered now; or nobody is, if this call fails. */
    bool was_uncertain = fs->uncertain;
    fs->uncertain = false;
    fs->thawing++;
    int r = fake_door_enter(fs, FAKE_THAW);
    fs->thawing--;
    fs->thaw_failed = r < 0;
    fs->uncertain |= was_uncertain && r < 0;
    if (r == 0) {
        r = fs->frozen ? 0 : -EINVAL;
        fs->frozen = fs->owed = false;
    }
    journal(fs, "thaw", r);
    g_cond_broadcast(&self->changed);
    return r;
}

void
fake_sys_freeze_by_other(FakeSys *self, FakeFs *fs)
{
    g_autoptr(GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new(&self->lock);

    fs->frozen = true;
}

void
fake_sys_freeze_earlier(FakeSys *self, FakeFs *fs)
{
    g_autoptr(GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new(&self->lock);

    fs->frozen = fs->owed = true;
}

/* What we are owed stays: our own FITHAW then says EINVAL, and is no violation. */
void
fake_sys_thaw_by_other(FakeSys *self, FakeFs *fs)
{
    g_autoptr(GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new(&self->lock);

    fs->frozen = false;
}

void
fake_sys_suspend(FakeSys *self, FakeFs *fs, bool suspended)
{
    g_autoptr(GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new(&self->lock);

    fs->suspended = suspended;
}

char *
fake_sys_journal(FakeSys *self)
{
    g_autoptr(GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new(&self->lock);

    return g_strdup(self->journal->str);
}

void
fake_sys_clear_journal(FakeSys *self)
{
    g_autoptr(GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new(&self->lock);

    g_string_truncate(self->journal, 0);
}

unsigned
fake_sys_frozen(FakeSys *self)
{
    g_autoptr(GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new(&self->lock);
    unsigned count = 0;

    for (guint i = 0; i < self->filesystems->len; i++)
        count += ((const FakeFs *)self->filesystems->pdata[i])->frozen;
    return count;
}

bool
fake_sys_is_frozen(FakeSys *self, const FakeFs *fs)
{
    g_autoptr(GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new(&self->lock);

    return fs->frozen;
}

char *
fake_sys_take_violations(FakeSys *self)
{
    g_autoptr(GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new(&self->lock);
    char *text = g_strdup(self->violations->str);

    g_string_truncate(self->violations, 0);
    return text;
}
