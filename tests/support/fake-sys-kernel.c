/* SPDX-License-Identifier: MIT */
#include "fake-sys-private.h"

#include <errno.h>
#include <unistd.h>

#define FIRST_COUNT 500000

static void
fake_kernel_close(FrostKernel *kernel, int fd)
{
    FrostSys *sys = (FrostSys *)kernel;

    sys->close(sys, fd);
}

static int
fake_expedite_open(FrostKernel *kernel, bool *out_on)
{
    FakeSys *self = (FakeSys *)kernel;
    g_autoptr(GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new(&self->lock);

    *out_on = self->expedited;
    if (self->expedite_error)
        return -self->expedite_error;
    self->expedite_opened++;
    return FAKE_EXPEDITE_FD;
}

static int
fake_expedite(FrostKernel *kernel, int fd, bool on)
{
    FakeSys *self = (FakeSys *)kernel;
    g_autoptr(GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new(&self->lock);

    if (fd != FAKE_EXPEDITE_FD)
        fake_sys_violation(self, "expedite through descriptor %d", fd);
    self->expedited = on;
    g_string_append_printf(self->journal, "expedite %s\n", on ? "on" : "off");
    return 0;
}

bool
fake_sys_is_expedited(FakeSys *self)
{
    g_autoptr(GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new(&self->lock);

    return self->expedited;
}

void
fake_sys_fail_expedite(FakeSys *self, int error)
{
    self->expedite_error = error;
}

/* Whoever asks is a thread of this process, and all of those live. */
static FrostThreadName
fake_this_thread(FrostKernel *kernel)
{
    return (FrostThreadName){.id = gettid(), .start = 1};
}

static bool
fake_thread_lives(FrostKernel *kernel, FrostThreadName thread)
{
    FakeSys *self = (FakeSys *)kernel;
    g_autoptr(GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new(&self->lock);

    return thread.id == self->living_thread;
}

static bool
fake_is_suspended(FrostKernel *kernel, uint64_t device)
{
    FakeSys *self = (FakeSys *)kernel;
    g_autoptr(GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new(&self->lock);

    for (guint i = 0; i < self->filesystems->len; i++) {
        const FakeFs *fs = g_ptr_array_index(self->filesystems, i);

        if (fs->device == (dev_t)device && fs->suspended)
            return true;
    }
    return false;
}

void
fake_sys_set_living_thread(FakeSys *self, int32_t id)
{
    g_autoptr(GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new(&self->lock);

    self->living_thread = id;
}

/* A number for each that is no descriptor. */
static int
fake_open_disk_count(FrostKernel *kernel, uint64_t device)
{
    FakeSys *self = (FakeSys *)kernel;
    g_autoptr(GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new(&self->lock);
    int found = -ENOENT;

    for (guint i = 0; i < self->filesystems->len; i++) {
        const FakeFs *fs = g_ptr_array_index(self->filesystems, i);

        if (fs->frozen && fs->owed)
            fake_sys_violation(self, "the count of a disk is opened while %s is frozen", fs->name);
        if (fs->device == (dev_t)device || fs->dev == (dev_t)device)
            found = FIRST_COUNT + (int)i;
    }
    return found;
}

unsigned
fake_disk_of_count(int fd)
{
    return (unsigned)(fd - FIRST_COUNT);
}

static uint64_t
fake_disk_count(FrostKernel *kernel, int fd)
{
    FakeSys *self = (FakeSys *)kernel;
    g_autoptr(GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new(&self->lock);

    return ((const FakeFs *)g_ptr_array_index(self->filesystems, fake_disk_of_count(fd)))
        ->completed;
}

static uint64_t
fake_disk_written(FrostKernel *kernel, int fd)
{
    FakeSys *self = (FakeSys *)kernel;
    g_autoptr(GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new(&self->lock);

    return ((const FakeFs *)g_ptr_array_index(self->filesystems, fake_disk_of_count(fd)))->written;
}

void
fake_sys_set_written(FakeSys *self, FakeFs *fs, uint64_t bytes)
{
    g_autoptr(GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new(&self->lock);

    fs->written = bytes;
}

void
fake_sys_complete_request(FakeSys *self, FakeFs *fs)
{
    g_autoptr(GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new(&self->lock);

    fs->completed++;
}

static int64_t
fake_boottime_us(FrostKernel *kernel)
{
    FakeSys *self = (FakeSys *)kernel;
    g_autoptr(GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new(&self->lock);

    return self->boottime_us;
}

static int
fake_bar_new_rights(FrostKernel *kernel)
{
    return 0;
}

static int
fake_keep_right_to_freeze(FrostKernel *kernel)
{
    return 0;
}

static int
fake_open_rules(FrostKernel *kernel)
{
    return -ENOSYS;
}

static int
fake_shut_files(FrostKernel *kernel, int rules)
{
    return 0;
}

static int
fake_shut_calls(FrostKernel *kernel, const int *fds, unsigned count)
{
    return 0;
}

FrostKernel
fake_kernel_calls(void)
{
    return (FrostKernel){
        .close = fake_kernel_close,
        .syncfs = fake_sys_call_sync,
        .freeze = fake_sys_call_freeze,
        .thaw = fake_sys_call_thaw,
        .free_space = fake_sys_call_free_space,
        .expedite_open = fake_expedite_open,
        .expedite = fake_expedite,
        .open_knob = fake_kernel_open_knob,
        .read_knob = fake_kernel_read_knob,
        .turn_knob = fake_kernel_turn_knob,
        .open_dirty_memory = fake_kernel_open_dirty_memory,
        .dirty_memory = fake_kernel_dirty_memory,
        .this_thread = fake_this_thread,
        .thread_lives = fake_thread_lives,
        .is_suspended = fake_is_suspended,
        .open_disk_count = fake_open_disk_count,
        .disk_count = fake_disk_count,
        .disk_written = fake_disk_written,
        .boottime_us = fake_boottime_us,
        .bar_new_rights = fake_bar_new_rights,
        .keep_right_to_freeze = fake_keep_right_to_freeze,
        .open_rules = fake_open_rules,
        .shut_files = fake_shut_files,
        .shut_calls = fake_shut_calls,
    };
}
