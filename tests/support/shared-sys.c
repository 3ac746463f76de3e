/* SPDX-License-Identifier: MIT */
#include "shared-sys.h"

#include <errno.h>
#include <fcntl.h>
#include <glib.h>
#include <linux/futex.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <time.h>
#include <unistd.h>

#include "test-support.h"

#define VARIABLE "FROST_TEST_SHARED_SYS"
#define FIRST_FD 5000

/* One a process: the freezer takes its door by value, so that it has nowhere else to keep this. */
static SharedSys *shared;

static SharedFs *
find(int fd)
{
    return fd >= FIRST_FD && fd < FIRST_FD + SHARED_FILESYSTEMS ? &shared->fs[fd - FIRST_FD] : NULL;
}

static int
shared_open_mount(FrostSys *sys, const char *path)
{
    int number = atoi(path + 1);

    return number < SHARED_FILESYSTEMS ? FIRST_FD + number : -ENOENT;
}

static void
shared_close(FrostSys *sys, int fd)
{
}

static void
shared_kernel_close(FrostKernel *kernel, int fd)
{
}

static int
shared_stat_fd(FrostSys *sys, int fd, FrostStat *out)
{
    *out = (FrostStat){.dev = makedev(240, (unsigned)(fd - FIRST_FD)), .mode = S_IFDIR};
    return 0;
}

static int
shared_syncfs(FrostKernel *kernel, int fd)
{
    SharedFs *fs = find(fd);

    if (!fs)
        return -EBADF;
    atomic_fetch_add(&fs->syncs, 1);
    return -atomic_load(&fs->sync_error);
}

static int
shared_freeze(FrostKernel *kernel, int fd)
{
    SharedFs *fs = find(fd);
    char end;

    if (!fs)
        return -EBADF;
    if (atomic_load(&fs->hold_freeze)) {
        int gate = open(shared->gate, O_RDONLY | O_CLOEXEC);
        ssize_t n = read(gate, &end, 1);
        close(gate);
        if (n < 0)
            return -EIO;
    }
    if (atomic_load(&fs->freeze_error))
        return -atomic_load(&fs->freeze_error);
    if (atomic_exchange(&fs->frozen, 1))
        return -EBUSY;
    atomic_fetch_add(&fs->freezes, 1);
    return 0;
}

/* Until @frozen is 0; of a process that is killed meanwhile nothing is left. */
static void
wait_for_thaw(_Atomic uint32_t *frozen)
{
    while (atomic_load(frozen))
        syscall(SYS_futex, frozen, FUTEX_WAIT, 1, NULL, NULL, 0);
}

static bool
is_bad_thaw(SharedFs *fs)
{
    uint32_t left = atomic_load(&fs->bad_thaws);

    while (left > 0 && !atomic_compare_exchange_weak(&fs->bad_thaws, &left, left - 1))
        continue;
    return left > 0;
}

static int
shared_thaw(FrostKernel *kernel, int fd)
{
    SharedFs *fs = find(fd);

    if (!fs)
        return -EBADF;
    atomic_fetch_add(&fs->thaw_calls, 1);
    if (is_bad_thaw(fs))
        return -EIO;
    if (atomic_load(&fs->stands))
        wait_for_thaw(&shared->fs[atomic_load(&fs->lower)].frozen);
    if (!atomic_exchange(&fs->frozen, 0))
        return -EINVAL;
    syscall(SYS_futex, &fs->frozen, FUTEX_WAKE, SHARED_FILESYSTEMS, NULL, NULL, 0);
    atomic_fetch_add(&fs->thaws, 1);
    return 0;
}

static int
shared_read_file(FrostSys *sys, const char *path, char **out_text, size_t *out_length)
{
    return -ENOENT;
}

/* Its threads are real ones. */
static FrostThreadName
shared_this_thread(FrostKernel *kernel)
{
    FrostKernel real = frost_kernel_linux();

    return real.this_thread(&real);
}

static bool
shared_thread_lives(FrostKernel *kernel, FrostThreadName thread)
{
    FrostKernel real = frost_kernel_linux();

    return real.thread_lives(&real, thread);
}

static bool
shared_is_suspended(FrostKernel *kernel, uint64_t device)
{
    return false;
}

static int
shared_open_disk_count(FrostKernel *kernel, uint64_t device)
{
    return -ENOENT;
}

static int
shared_open_dirty_memory(FrostKernel *kernel)
{
    return -ENOENT;
}

static int64_t
shared_boottime_us(FrostKernel *kernel)
{
    struct timespec ts;

    clock_gettime(CLOCK_BOOTTIME, &ts);
    return (int64_t)ts.tv_sec * 1000000 + ts.tv_nsec / 1000;
}

static void
map(const char *path)
{
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);

    if (fd < 0 || ftruncate(fd, sizeof(SharedSys)) < 0)
        abort();
    shared = mmap(NULL, sizeof(SharedSys), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    close(fd);
    if (shared == MAP_FAILED)
        abort();
}

SharedSys *
shared_sys_new(const char *dir)
{
    g_autofree char *path = g_build_filename(dir, "shared-sys", NULL);

    map(path);
    setenv(VARIABLE, path, 1);
    snprintf(shared->gate, sizeof shared->gate, "%s/gate", dir);
    assert_int_equal(mkfifo(shared->gate, 0600), 0);
    return shared;
}

void
shared_sys_free(SharedSys *self)
{
    munmap(self, sizeof *self);
    shared = NULL;
    unsetenv(VARIABLE);
}

FrostSys
shared_sys_get(void)
{
    return (FrostSys){.kernel = {.close = shared_kernel_close,
                                 .syncfs = shared_syncfs,
                                 .freeze = shared_freeze,
                                 .thaw = shared_thaw,
                                 .this_thread = shared_this_thread,
                                 .thread_lives = shared_thread_lives,
                                 .is_suspended = shared_is_suspended,
                                 .open_disk_count = shared_open_disk_count,
                                 .open_dirty_memory = shared_open_dirty_memory,
                                 .boottime_us = shared_boottime_us},
                      .open_mount = shared_open_mount,
                      .close = shared_close,
                      .stat_fd = shared_stat_fd,
                      .read_file = shared_read_file};
}

FrostSys
shared_sys_join(void)
{
    map(getenv(VARIABLE));
    atomic_store(&shared->pid, getpid());
    return shared_sys_get();
}

/* Opening the gate waits for who stands at it. */
int
shared_sys_wait_held(SharedSys *self)
{
    int gate = open(self->gate, O_WRONLY | O_CLOEXEC);

    assert_true(gate >= 0);
    return gate;
}

void
shared_sys_release(SharedSys *self)
{
    close(shared_sys_wait_held(self));
}

unsigned
shared_sys_frozen(const SharedSys *self)
{
    unsigned count = 0;

    for (unsigned i = 0; i < SHARED_FILESYSTEMS; i++)
        count += atomic_load(&self->fs[i].frozen);
    return count;
}
