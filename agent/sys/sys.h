/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * sys.h - the system calls about filesystems and devices; nothing else in the agent makes them
 *
 * It is a table so that tests can put a stateful fake in the kernel's place. Calls that return an
 * int return 0 or more on success, and a negative errno on failure. They decide nothing: the plan
 * and the freezer know what an errno means for a freeze.
 *
 * The calls that the freezer makes are in a table without GLib, kernel.h, which is a part of this.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "kernel.h"

typedef struct FrostSys FrostSys;

typedef struct {
    dev_t dev; /* st_dev: the filesystem; on btrfs an anonymous number for each subvolume */
    ino_t ino;
    dev_t rdev; /* of a device node: the number of the device */
    mode_t mode;
} FrostStat;

/* @fd is of a mount namespace, and closed afterwards; @number is its number (lsns,
 * /proc/PID/ns/mnt). */
typedef void (*FrostNamespaceVisit)(void *user, uint64_t number, int fd);

typedef struct {
    dev_t dev;  /* st_dev of the backing file, as the loop driver recorded it */
    ino_t ino;  /* its inode number */
    dev_t rdev; /* if not 0, the loop device stands on this block device, not on a file */
} FrostLoopBacking;

struct FrostSys {
    FrostKernel kernel; /* first, so that a fake kernel can find its FrostSys */

    /* The chosen mount namespace: that of the process with this pid, or with 0 our own. It matters
     * only for watch_mounts, for the two functions at the end, and for names in /dev. */
    pid_t mounts_of;

    /* Opens a mount point for reading: a directory or a regular file. Anything else (a socket or
     * a device bound over a file) is -ENXIO and is not opened. Returns a CLOEXEC descriptor. */
    int (*open_mount)(FrostSys *self, const char *path);
    void (*close)(FrostSys *self, int fd);

    /* Opens the root of the filesystem of type @fs_type on @device, through a new mount that no
     * path leads to: a frozen filesystem outlives its last mount (K14). -ESTALE: the kernel no
     * longer has a filesystem on @device. */
    int (*open_unmounted)(FrostSys *self, dev_t device, const char *fs_type);

    int (*stat_fd)(FrostSys *self, int fd, FrostStat *out);
    int (*stat_path)(FrostSys *self, const char *path, FrostStat *out);

    /* The block size, in bytes, of the filesystem that has @fd. */
    int64_t (*block_size)(FrostSys *self, int fd);

    /* The size, in bytes, of the filesystem that has @fd. */
    int64_t (*fs_size)(FrostSys *self, int fd);

    /* BTRFS_IOC_FS_INFO: the FSID, which is the same for all subvolumes of a btrfs (K25). */
    int (*btrfs_fsid)(FrostSys *self, int fd, uint8_t out_fsid[16]);

    /* Reads a whole text file (mountinfo, sysfs); NUL-terminated, g_free() it. */
    int (*read_file)(FrostSys *self, const char *path, char **out_text, size_t *out_length);
    /* Reads the names in a directory, except "." and ".."; sorted, g_strfreev() them. */
    int (*list_dir)(FrostSys *self, const char *path, char ***out_names);
    /* Resolves all links of a path (realpath); g_free() it. */
    int (*resolve)(FrostSys *self, const char *path, char **out_path);

    /* Opens the mount table of the chosen namespace for mounts_changed. A descriptor, or -errno. */
    int (*watch_mounts)(FrostSys *self);
    /* True if anything was mounted or unmounted since watch_mounts or the last call (K23). */
    bool (*mounts_changed)(FrostSys *self, int fd);

    /* Calls @visit for each mount namespace that the kernel lists (Linux 6.11), also for those that
     * no process is in. A process in a PID namespace of its own is told of none: it is in a
     * container, and the kernel's list is of the whole machine. */
    void (*list_namespaces)(FrostSys *self, FrostNamespaceVisit visit, void *user);
    /* Sends a thread of ours into the mount namespace @fd: /proc/THREAD/mountinfo and
     * /proc/THREAD/root are those of a process in it. Returns a descriptor, or a negative errno;
     * the thread is there until the descriptor is closed. */
    int (*enter_namespace)(FrostSys *self, int fd, pid_t *out_thread);

    /* LOOP_GET_STATUS64 of the loop device @loop. -ENXIO: it has no backing file. */
    int (*loop_backing)(FrostSys *self, dev_t loop, FrostLoopBacking *out);
    /* The types of the targets of a device-mapper device (dm-targets.h); g_strfreev() them. */
    int (*dm_targets)(FrostSys *self, dev_t device, char ***out_types);
};

/* The real kernel, with our own mount namespace. It has no state, so it may be copied. */
FrostSys frost_sys_linux(void);

static inline int64_t
frost_sys_now_us(FrostSys *sys)
{
    return frost_kernel_now_us(&sys->kernel);
}

/* The path of the mountinfo file of the chosen mount namespace; g_free() it. */
char *frost_sys_mount_table(const FrostSys *sys);
/* The path by which this process reaches the absolute @path of the chosen mount namespace; g_free()
 * it. It leads through /proc/PID/root, so no namespace is entered. */
char *frost_sys_mounted_path(const FrostSys *sys, const char *path);
