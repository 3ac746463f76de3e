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
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "device-folder.h"
#include "dir-names.h"
#include "dm-targets.h"
#include "lookout.h"
#include "namespace-list.h"
#include "whole-file.h"

/* No mount table and no file in sysfs is larger. */
#define READ_LIMIT (256u * 1024 * 1024)

static void
close_keeping_errno(int fd)
{
    int saved = errno;

    close(fd);
    errno = saved;
}

/* As fstatat(). With a 32-bit time_t, the stat() of glibc fails for files dated after 2038; the
 * time_t of musl always has 64 bits. */
static int
read_stat(int at, const char *path, int flags, FrostStat *out)
{
    flags |= AT_NO_AUTOMOUNT;
#ifdef __GLIBC__
    struct statx st;

    if (statx(at, path, flags, STATX_TYPE | STATX_MODE | STATX_INO, &st) < 0)
        return -errno;
    *out = (FrostStat){.dev = makedev(st.stx_dev_major, st.stx_dev_minor),
                       .ino = st.stx_ino,
                       .rdev = makedev(st.stx_rdev_major, st.stx_rdev_minor),
                       .mode = st.stx_mode};
#else
    struct stat st;

    if (fstatat(at, path, &st, flags) < 0)
        return -errno;
    *out = (FrostStat){.dev = st.st_dev, .ino = st.st_ino, .rdev = st.st_rdev, .mode = st.st_mode};
#endif
    return 0;
}

/* Opens what the O_PATH descriptor @at has, if it is a regular file: opening a FIFO would wait,
 * opening a tape would rewind it. Returns a descriptor, or -1 with errno. */
static int
open_regular(int at)
{
    char link[sizeof("/proc/thread-self/fd/") + 3 * sizeof(int)];
    FrostStat seen;

    if (read_stat(at, "", AT_EMPTY_PATH, &seen) < 0)
        return -1;
    if (!S_ISREG(seen.mode)) {
        errno = ENXIO;
        return -1;
    }
    snprintf(link, sizeof(link), "/proc/thread-self/fd/%d", at);
    return open(link, O_RDONLY | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
}

/* An open with O_PATH has no side effect. With O_DIRECTORY it would trigger an automount point, and
 * might then wait for ever. The second open goes through the first descriptor, which triggers
 * nothing. */
static int
linux_open_mount(FrostSys *self, const char *path)
{
    int at = open(path, O_PATH | O_NOFOLLOW | O_CLOEXEC);
    if (at < 0)
        return -errno;

    int fd = openat(at, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0 && errno == ENOTDIR)
        fd = open_regular(at);
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
    return read_stat(fd, "", AT_EMPTY_PATH, out);
}

static int
linux_stat_path(FrostSys *self, const char *path, FrostStat *out)
{
    return read_stat(AT_FDCWD, path, 0, out);
}

static int64_t
linux_block_size(FrostSys *self, int fd)
{
    struct statfs st;

    return fstatfs(fd, &st) < 0 ? -errno : (int64_t)st.f_bsize;
}

static int64_t
linux_fs_size(FrostSys *self, int fd)
{
    struct statfs st;

    return fstatfs(fd, &st) < 0 ? -errno : (int64_t)st.f_blocks * (int64_t)st.f_bsize;
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

static int
linux_read_file(FrostSys *self, const char *path, char **out_text, size_t *out_length)
{
    int fd = open(path, O_RDONLY | O_NOCTTY | O_CLOEXEC);
    if (fd < 0)
        return -errno;

    GString *text = g_string_new(NULL);
    int r = g_str_has_prefix(path, "/sys/") ? frost_read_attribute(fd, READ_LIMIT, text)
                                            : frost_read_whole(fd, READ_LIMIT, text);
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
    *out_path = frost_device_folder(path);
    if (*out_path)
        return 0;
    char *real = realpath(path, NULL);
    if (!real)
        return -errno;

    *out_path = g_strdup(real);
    free(real);
    return 0;
}

static int
linux_watch_mounts(FrostSys *self)
{
    g_autofree char *table = frost_sys_mount_table(self);
    int fd = open(table, O_RDONLY | O_CLOEXEC);

    return fd < 0 ? -errno : fd;
}

/* The kernel reports a change since the file was opened, or since the last poll. */
static bool
linux_mounts_changed(FrostSys *self, int fd)
{
    struct pollfd table = {.fd = fd, .events = POLLPRI};

    return poll(&table, 1, 0) > 0 && (table.revents & (POLLPRI | POLLERR));
}

static void
linux_list_namespaces(FrostSys *self, FrostNamespaceVisit visit, void *user)
{
    frost_namespace_list(visit, user);
}

static int
linux_enter_namespace(FrostSys *self, int fd, pid_t *out_thread)
{
    return frost_lookout(fd, out_thread);
}

/* Decodes the kernel's huge_encode_dev(), which is not the dev_t of every C library. */
static dev_t
decode_dev(uint64_t encoded)
{
    return makedev((encoded >> 8) & 0xfff, (encoded & 0xff) | ((encoded >> 12) & 0xfff00));
}

/* The path of a device node in the chosen mount namespace. Our own, in a container, may lack it. */
static char *
node_called(const FrostSys *self, const char *name)
{
    g_autofree char *node = g_strconcat("/dev/", name, NULL);

    return access(node, F_OK) == 0 ? g_steal_pointer(&node) : frost_sys_mounted_path(self, node);
}

/* Finds the node of a block device in /dev, by its kernel name. The caller has to verify it. */
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

/* Fails with -ESTALE if no filesystem uses the device: then it can be opened exclusively. A mount
 * would be a new filesystem, replay the journal, and not be the one that was frozen. */
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

/* Opens the node of a loop device, which has the kernel's name. The caller has to verify it. */
static int
open_loop(FrostSys *self, dev_t loop)
{
    const int flags = O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC;
    g_autofree char *link = g_strdup_printf("/sys/dev/block/%u:%u", major(loop), minor(loop));
    g_autofree char *folder = NULL;
    int r = linux_resolve(self, link, &folder);
    if (r < 0)
        return r;

    g_autofree char *name = g_path_get_basename(folder);
    g_autofree char *node = g_strconcat("/dev/", name, NULL);
    int fd = open(node, flags);
    if (fd < 0 && errno == ENOENT) {
        g_autofree char *theirs = frost_sys_mounted_path(self, node);
        fd = open(theirs, flags);
    }
    return fd < 0 ? -errno : fd;
}

/* Without a node in /dev this fails, rather than use the path in sysfs: that may be of another
 * namespace, or below another mount, and a wrong freeze order deadlocks (K13). The caller then
 * takes the order of the device as unknown. */
static int
linux_loop_backing(FrostSys *self, dev_t loop, FrostLoopBacking *out)
{
    int r = 0, fd = open_loop(self, loop);
    if (fd < 0)
        return fd;

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
linux_dm_targets(FrostSys *self, dev_t device, char ***out_types)
{
    return frost_dm_targets(device, out_types);
}

FrostSys
frost_sys_linux(void)
{
    return (FrostSys){
        .kernel = frost_kernel_linux(),
        .open_mount = linux_open_mount,
        .open_unmounted = linux_open_unmounted,
        .close = linux_close,
        .stat_fd = linux_stat_fd,
        .stat_path = linux_stat_path,
        .block_size = linux_block_size,
        .fs_size = linux_fs_size,
        .btrfs_fsid = linux_btrfs_fsid,
        .read_file = linux_read_file,
        .list_dir = linux_list_dir,
        .resolve = linux_resolve,
        .watch_mounts = linux_watch_mounts,
        .mounts_changed = linux_mounts_changed,
        .list_namespaces = linux_list_namespaces,
        .enter_namespace = linux_enter_namespace,
        .loop_backing = linux_loop_backing,
        .dm_targets = linux_dm_targets,
    };
}
