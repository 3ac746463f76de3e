/* SPDX-License-Identifier: MIT */
#include "kernel.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/fs.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <time.h>
#include <unistd.h>

#include "call-filter.h"
#include "capabilities.h"
#include "dirty-memory.h"
#include "disk-files.h"
#include "landlock.h"
#include "process-start.h"

/* In the kernel's block/stat, whatever the disk's sectors are. */
#define SECTOR_BYTES 512

static void
linux_close(FrostKernel *self, int fd)
{
    close(fd);
}

static int
linux_syncfs(FrostKernel *self, int fd)
{
    return syncfs(fd) < 0 ? -errno : 0;
}

static int
linux_freeze(FrostKernel *self, int fd)
{
    return ioctl(fd, FIFREEZE, 0) < 0 ? -errno : 0;
}

static int
linux_thaw(FrostKernel *self, int fd)
{
    return ioctl(fd, FITHAW, 0) < 0 ? -errno : 0;
}

static uint64_t
linux_free_space(FrostKernel *self, int fd)
{
    struct statfs st;

    return fstatfs(fd, &st) < 0 ? 0 : (uint64_t)st.f_bfree * (uint64_t)st.f_bsize;
}

/* The first character of the file @path; 0 if there is none. */
static char
first_char(const char *path)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    char c = 0;

    if (fd < 0)
        return 0;
    if (read(fd, &c, 1) != 1)
        c = 0;
    close(fd);
    return c;
}

#define RCU_EXPEDITED "/sys/kernel/rcu_expedited"

static int
linux_expedite_open(FrostKernel *self, bool *out_on)
{
    char normal = first_char("/sys/kernel/rcu_normal");
    char now = first_char(RCU_EXPEDITED);

    *out_on = now != 0 && now != '0';
    if (first_char("/sys/kernel/realtime") == '1' || (normal != 0 && normal != '0'))
        return -EOPNOTSUPP;
    int fd = open(RCU_EXPEDITED, O_WRONLY | O_CLOEXEC);
    return fd < 0 ? -errno : fd;
}

static int
linux_expedite(FrostKernel *self, int fd, bool on)
{
    return pwrite(fd, on ? "1" : "0", 1, 0) == 1 ? 0 : -errno;
}

static int
linux_open_knob(FrostKernel *self, uint64_t device, FrostKnob knob)
{
    return frost_disk_open_knob(device, knob);
}

static int
linux_read_knob(FrostKernel *self, int fd, uint32_t *out_value)
{
    return frost_disk_read_knob(fd, out_value);
}

static int
linux_turn_knob(FrostKernel *self, int fd, uint32_t value)
{
    return frost_disk_turn_knob(fd, value);
}

static int
linux_open_dirty_memory(FrostKernel *self)
{
    return frost_dirty_memory_open();
}

static uint64_t
linux_dirty_memory(FrostKernel *self, int fd)
{
    return frost_dirty_memory(fd);
}

/* /proc lists only processes, but /proc/NUMBER/stat exists for every thread. */
static FrostThreadName
linux_this_thread(FrostKernel *self)
{
    pid_t id = (pid_t)syscall(SYS_gettid);

    return (FrostThreadName){.id = id, .start = frost_process_start_time(id)};
}

static bool
linux_thread_lives(FrostKernel *self, FrostThreadName thread)
{
    uint64_t start = thread.id > 0 ? frost_process_start_time(thread.id) : 0;

    if (start == 0) /* if /proc does not show this process either, it says nothing of others */
        return thread.id > 0 && frost_process_start_time(getpid()) == 0;
    return thread.start == 0 || start == thread.start;
}

static bool
linux_is_suspended(FrostKernel *self, uint64_t device)
{
    char path[FROST_DISK_PATH_SIZE];

    return first_char(frost_disk_path(path, device, "/dm/suspended")) == '1';
}

/* Reads it once: sysfs allocates the memory for a file at the first read. */
static int
linux_open_disk_count(FrostKernel *self, uint64_t device)
{
    char path[FROST_DISK_PATH_SIZE];
    int fd = open(frost_disk_path(path, device, "/stat"), O_RDONLY | O_CLOEXEC);

    if (fd < 0)
        return -errno;
    self->disk_count(self, fd);
    return fd;
}

/* @fields: bits, from 1 on; see the kernel's block/stat. */
static uint64_t
add_up_stat(int fd, unsigned fields)
{
    char text[512];
    ssize_t length = pread(fd, text, sizeof text - 1, 0);
    char *at = text;
    uint64_t sum = 0;

    text[length > 0 ? length : 0] = '\0';
    for (unsigned field = 1; field <= 17; field++) {
        uint64_t number = strtoull(at, &at, 10);

        sum += fields & 1u << field ? number : 0;
    }
    return sum;
}

/* The sum of the numbers of reads, writes, discards and flushes, and of the times that they took.
 * In older kernels a dm device counts a request when it begins, but its time when it ends. */
static uint64_t
linux_disk_count(FrostKernel *self, int fd)
{
    static const unsigned fields =
        1u << 1 | 1u << 4 | 1u << 5 | 1u << 8 | 1u << 12 | 1u << 15 | 1u << 16 | 1u << 17;

    return add_up_stat(fd, fields);
}

static uint64_t
linux_disk_written(FrostKernel *self, int fd)
{
    return add_up_stat(fd, 1u << 7) * SECTOR_BYTES;
}

static int64_t
linux_boottime_us(FrostKernel *self)
{
    struct timespec ts;

    clock_gettime(CLOCK_BOOTTIME, &ts);
    return (int64_t)ts.tv_sec * 1000000 + ts.tv_nsec / 1000;
}

/* Without the right to change the bounding set (CAP_SETPCAP) it stays: no_new_privs suffices. */
static int
linux_bar_new_rights(FrostKernel *self)
{
    int r = frost_capabilities_bar_new();

    if (r == 0)
        frost_capabilities_bound(0);
    return r;
}

static int
linux_keep_right_to_freeze(FrostKernel *self)
{
    return frost_capabilities_keep(FROST_CAPABILITY(CAP_SYS_ADMIN));
}

static int
linux_open_rules(FrostKernel *self)
{
    return frost_landlock_open();
}

static int
linux_shut_files(FrostKernel *self, int rules)
{
    return frost_landlock_restrict(rules);
}

static int
linux_shut_calls(FrostKernel *self, const int *fds, unsigned count)
{
    return frost_call_filter_install(fds, count);
}

FrostKernel
frost_kernel_linux(void)
{
    return (FrostKernel){
        .close = linux_close,
        .syncfs = linux_syncfs,
        .freeze = linux_freeze,
        .thaw = linux_thaw,
        .free_space = linux_free_space,
        .expedite_open = linux_expedite_open,
        .expedite = linux_expedite,
        .open_knob = linux_open_knob,
        .read_knob = linux_read_knob,
        .turn_knob = linux_turn_knob,
        .open_dirty_memory = linux_open_dirty_memory,
        .dirty_memory = linux_dirty_memory,
        .this_thread = linux_this_thread,
        .thread_lives = linux_thread_lives,
        .is_suspended = linux_is_suspended,
        .open_disk_count = linux_open_disk_count,
        .disk_count = linux_disk_count,
        .disk_written = linux_disk_written,
        .boottime_us = linux_boottime_us,
        .bar_new_rights = linux_bar_new_rights,
        .keep_right_to_freeze = linux_keep_right_to_freeze,
        .open_rules = linux_open_rules,
        .shut_files = linux_shut_files,
        .shut_calls = linux_shut_calls,
    };
}
