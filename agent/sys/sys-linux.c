/* SPDX-License-Identifier: MIT */
#include "sys.h"

#include <errno.h>
#include <fcntl.h>
#include <glib.h>
#include <limits.h>
#include <linux/btrfs.h>
#include <linux/fs.h>
#include <linux/loop.h>
#include <linux/mount.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>
#include <time.h>
#include <unistd.h>

#include "dir-names.h"

/* A mount table or a sysfs file that is larger is no such file. */
#define READ_LIMIT (256u * 1024 * 1024)
#define READ_FIRST 16384

static void
close_keeping_errno(int fd)
{
    int saved = errno;

    close(fd);
    errno = saved;
}

static FrostStat
stat_of(const struct stat *st)
{
    return (FrostStat){
        .dev = st->st_dev, .ino = st->st_ino, .rdev = st->st_rdev, .mode = st->st_mode};
}

/* What is there is looked at before it is opened: opening a FIFO would wait, opening a tape would
 * rewind it. The second step goes through the descriptor, so it cannot lead elsewhere. */
static int
linux_open_mount(FrostSys *self, const char *path)
{
    int at = open(path, O_PATH | O_NOFOLLOW | O_CLOEXEC);
    if (at < 0)
        return -errno;

    struct stat st;
    int fd = -1;
    if (fstat(at, &st) == 0) {
        if (S_ISDIR(st.st_mode)) {
            fd = openat(at, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        } else if (S_ISREG(st.st_mode)) {
            char link[sizeof("/proc/self/fd/") + 3 * sizeof(int)];

            snprintf(link, sizeof(link), "/proc/self/fd/%d", at);
            fd = open(link, O_RDONLY | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
        } else {
            errno = ENXIO;
        }
    }
    close_keeping_errno(at);
    return fd >= 0 ? fd : -errno;
}

static void
linux_close(FrostSys *self, int fd)
{
    close(fd);
}

static int
linux_stat_fd(FrostSys *self, int fd, FrostStat *out)
{
    struct stat st;

    if (fstat(fd, &st) < 0)
        return -errno;
    *out = stat_of(&st);
    return 0;
}

static int
linux_stat_path(FrostSys *self, const char *path, FrostStat *out)
{
    struct stat st;

    if (stat(path, &st) < 0)
        return -errno;
    *out = stat_of(&st);
    return 0;
}

static int64_t
linux_block_size(FrostSys *self, int fd)
{
    struct statfs st;

    return fstatfs(fd, &st) < 0 ? -errno : (int64_t)st.f_bsize;
}

static int
linux_btrfs_fsid(FrostSys *self, int fd, uint8_t out_fsid[16])
{
    struct btrfs_ioctl_fs_info_args info = {0};

    if (ioctl(fd, BTRFS_IOC_FS_INFO, &info) < 0)
        return -errno;
    memcpy(out_fsid, info.fsid, 16);
    return 0;
}

/* Reads until the end: the kernel gives these files no size, and hands them out in pieces. */
static int
read_all(int fd, GString *text)
{
    for (;;) {
        gsize used = text->len;
        gsize room = MAX(text->allocated_len - used - 1, READ_FIRST);

        if (used > READ_LIMIT)
            return -EFBIG;
        g_string_set_size(text, used + room);
        ssize_t n = read(fd, text->str + used, room);
        int failed = errno;
        g_string_set_size(text, used + (n > 0 ? (gsize)n : 0));
        if (n == 0)
            return 0;
        if (n < 0 && failed != EINTR)
            return -failed;
    }
}

static int
linux_read_file(FrostSys *self, const char *path, char **out_text, size_t *out_length)
{
    int fd = open(path, O_RDONLY | O_NOCTTY | O_CLOEXEC);
    if (fd < 0)
        return -errno;

    GString *text = g_string_sized_new(READ_FIRST);
    int r = read_all(fd, text);
    close(fd);
    if (r < 0) {
        g_string_free(text, TRUE);
        return r;
    }
    if (out_length)
        *out_length = text->len;
    *out_text = g_string_free(text, FALSE);
    return 0;
}

static int
compare_names(gconstpointer a, gconstpointer b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static int
linux_list_dir(FrostSys *self, const char *path, char ***out_names)
{
    return frost_dir_names(path, compare_names, out_names);
}

static int
linux_resolve(FrostSys *self, const char *path, char **out_path)
{
    char *real = realpath(path, NULL);
    if (!real)
        return -errno;

    *out_path = g_strdup(real);
    free(real);
    return 0;
}

/* The kernel's huge_encode_dev(), which is not the C library's dev_t everywhere. */
static dev_t
decode_dev(uint64_t encoded)
{
    return makedev((encoded >> 8) & 0xfff, (encoded & 0xff) | ((encoded >> 12) & 0xfff00));
}

/* A container may have few nodes; whoever has the mounts has those of their devices. */
static char *
node_called(const FrostSys *self, const char *name)
{
    g_autofree char *node = g_strconcat("/dev/", name, NULL);

    return access(node, F_OK) == 0 ? g_steal_pointer(&node) : frost_sys_mounted_path(self, node);
}

/* The node of a block device under /dev, by its name in the kernel; checked by the caller. */
static int
find_node(FrostSys *self, dev_t device, char **out_path)
{
    g_autofree char *uevent_path =
        g_strdup_printf("/sys/dev/block/%u:%u/uevent", major(device), minor(device));
    g_autofree char *uevent = NULL;
    int r = linux_read_file(self, uevent_path, &uevent, NULL);
    if (r < 0)
        return r;

    g_auto(GStrv) lines = g_strsplit(uevent, "\n", -1);
    for (char **line = lines; *line; line++) {
        if (g_str_has_prefix(*line, "DEVNAME=")) {
            *out_path = node_called(self, *line + strlen("DEVNAME="));
            return 0;
        }
    }
    return -ENODEV;
}

/* A device with a filesystem on it is claimed: whoever can claim it knows that there is none. This
 * matters, since to mount it then would replay its journal, and not find what was frozen. */
static int
check_claimed(const char *node, dev_t device)
{
    struct stat st;
    int fd = open(node, O_RDONLY | O_EXCL | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);

    if (fd >= 0) {
        close(fd);
        return -ESTALE;
    }
    if (errno != EBUSY)
        return -errno;
    if (stat(node, &st) < 0)
        return -errno;
    return S_ISBLK(st.st_mode) && st.st_rdev == device ? 0 : -ENODEV;
}

static int
mount_apart(const char *node, const char *fs_type)
{
    int context = (int)syscall(SYS_fsopen, fs_type, FSOPEN_CLOEXEC);
    int mount = -1;

    if (context < 0)
        return -errno;
    if (syscall(SYS_fsconfig, context, FSCONFIG_SET_STRING, "source", node, 0) == 0 &&
        syscall(SYS_fsconfig, context, FSCONFIG_CMD_CREATE, NULL, NULL, 0) == 0)
        mount = (int)syscall(SYS_fsmount, context, FSMOUNT_CLOEXEC,
                             MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC);
    close_keeping_errno(context);
    return mount < 0 ? -errno : mount;
}

static int
linux_open_unmounted(FrostSys *self, dev_t device, const char *fs_type)
{
    g_autofree char *node = NULL;
    int r = find_node(self, device, &node);

    if (r == 0)
        r = check_claimed(node, device);
    if (r < 0)
        return r;
    int mount = mount_apart(node, fs_type);
    if (mount < 0)
        return mount;
    int fd = openat(mount, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    close_keeping_errno(mount);
    return fd < 0 ? -errno : fd;
}

/* Where /dev has no node for it the answer is an error, not the path in sysfs: that is a path in
 * some other namespace or under some other mount, and a wrong order deadlocks (K13). Whoever asked
 * then takes the device for one that may stand on anything. */
static int
linux_loop_backing(FrostSys *self, dev_t loop, FrostLoopBacking *out)
{
    g_autofree char *node = NULL;
    int r = find_node(self, loop, &node);
    if (r < 0)
        return r;

    int fd = open(node, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    if (fd < 0)
        return -errno;

    struct stat st;
    struct loop_info64 info = {0};
    if (fstat(fd, &st) < 0)
        r = -errno;
    else if (!S_ISBLK(st.st_mode) || st.st_rdev != loop)
        r = -ENODEV;
    else if (ioctl(fd, LOOP_GET_STATUS64, &info) < 0)
        r = -errno;
    close(fd);
    if (r < 0)
        return r;

    *out = (FrostLoopBacking){.dev = decode_dev(info.lo_device),
                              .ino = info.lo_inode,
                              .rdev = decode_dev(info.lo_rdevice)};
    return 0;
}

static int
linux_syncfs(FrostSys *self, int fd)
{
    return syncfs(fd) < 0 ? -errno : 0;
}

static int
linux_freeze(FrostSys *self, int fd)
{
    return ioctl(fd, FIFREEZE, 0) < 0 ? -errno : 0;
}

static int
linux_thaw(FrostSys *self, int fd)
{
    return ioctl(fd, FITHAW, 0) < 0 ? -errno : 0;
}

/* The first character of a small file; 0 where there is none. */
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
linux_expedite_open(FrostSys *self, bool *out_on)
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
linux_expedite(FrostSys *self, int fd, bool on)
{
    return pwrite(fd, on ? "1" : "0", 1, 0) == 1 ? 0 : -errno;
}

static int64_t
linux_boottime_us(FrostSys *self)
{
    struct timespec ts;

    clock_gettime(CLOCK_BOOTTIME, &ts);
    return (int64_t)ts.tv_sec * 1000000 + ts.tv_nsec / 1000;
}

FrostSys
frost_sys_linux(void)
{
    return (FrostSys){
        .open_mount = linux_open_mount,
        .open_unmounted = linux_open_unmounted,
        .close = linux_close,
        .stat_fd = linux_stat_fd,
        .stat_path = linux_stat_path,
        .block_size = linux_block_size,
        .btrfs_fsid = linux_btrfs_fsid,
        .read_file = linux_read_file,
        .list_dir = linux_list_dir,
        .resolve = linux_resolve,
        .loop_backing = linux_loop_backing,
        .syncfs = linux_syncfs,
        .freeze = linux_freeze,
        .thaw = linux_thaw,
        .expedite_open = linux_expedite_open,
        .expedite = linux_expedite,
        .boottime_us = linux_boottime_us,
    };
}
