/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * sys.h - the only door to the kernel's filesystem calls
 *
 * A table, so that tests can put a stateful fake in the kernel's place. Every call speaks one
 * error language: `>= 0` is success, a negative number is an errno. Nothing here decides; what an
 * errno means for a freeze is the plan's and the freezer's business.
 *
 * The calls marked "freezer" are made by threads of the freezer process: they neither allocate
 * nor look up a path.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

typedef struct FrostSys FrostSys;

typedef struct {
    dev_t dev; /* the filesystem that holds it (st_dev; anonymous for each btrfs subvolume) */
    ino_t ino;
    dev_t rdev; /* of a device node: the device it names */
    mode_t mode;
} FrostStat;

typedef struct {
    dev_t dev;  /* st_dev of the backing file, as the loop driver recorded it */
    ino_t ino;  /* its inode number */
    dev_t rdev; /* not 0: the loop stands on this block device, not on a file */
} FrostLoopBacking;

struct FrostSys {
    /* Whose mounts are meant: 0, our own; else those that the process of this pid sees, whatever
     * namespace it is in. Only the two functions at the end and /dev heed it. */
    pid_t mounts_of;

    /* Opens a mount point for reading: a directory or a regular file. Anything else (a socket or
     * a device bound over a file) is -ENXIO and is not opened. Returns a CLOEXEC descriptor. */
    int (*open_mount)(FrostSys *self, const char *path);
    void (*close)(FrostSys *self, int fd);

    /* The root of the filesystem of type @fs_type on @device, through a mount that no path leads
     * to: frozen, it outlives its last mount (K14). -ESTALE: the kernel has no filesystem on it
     * any more. */
    int (*open_unmounted)(FrostSys *self, dev_t device, const char *fs_type);

    int (*stat_fd)(FrostSys *self, int fd, FrostStat *out);
    int (*stat_path)(FrostSys *self, const char *path, FrostStat *out);

    /* Bytes in a block of the filesystem behind @fd, as it counts them. */
    int64_t (*block_size)(FrostSys *self, int fd);

    /* BTRFS_IOC_FS_INFO: what all subvolumes of one btrfs have in common (K25). */
    int (*btrfs_fsid)(FrostSys *self, int fd, uint8_t out_fsid[16]);

    /* Whole text file (mountinfo, sysfs), NUL-terminated, g_free() it. -ENOENT and the like. */
    int (*read_file)(FrostSys *self, const char *path, char **out_text, size_t *out_length);
    /* Names in a directory, sorted, without the dot entries; g_strfreev() them. */
    int (*list_dir)(FrostSys *self, const char *path, char ***out_names);
    /* Canonical target of a path (realpath), g_free() it. */
    int (*resolve)(FrostSys *self, const char *path, char **out_path);

    /* LOOP_GET_STATUS64 of the loop device @loop. -ENXIO: it has no backing file. */
    int (*loop_backing)(FrostSys *self, dev_t loop, FrostLoopBacking *out);

    int (*syncfs)(FrostSys *self, int fd); /* freezer */
    int (*freeze)(FrostSys *self, int fd); /* freezer; FIFREEZE, K1-K6 */
    int (*thaw)(FrostSys *self, int fd);   /* freezer; FITHAW, K5, K12 */

    /* Expedited grace periods, /sys/kernel/rcu_expedited: opens it for writing. -EOPNOTSUPP where
     * it must not be touched (rcu_normal is set, PREEMPT_RT). @out_on: whether it is on now. */
    int (*expedite_open)(FrostSys *self, bool *out_on);
    int (*expedite)(FrostSys *self, int fd, bool on); /* freezer */

    int64_t (*boottime_us)(FrostSys *self); /* freezer; CLOCK_BOOTTIME: goes on in suspend */
};

/* The real kernel, and our own mounts. Stateless: every copy is as good as another. */
FrostSys frost_sys_linux(void);

/* The file that lists the mounts that are meant; g_free() it. */
char *frost_sys_mount_table(const FrostSys *sys);
/* The path by which we reach what the process whose mounts are meant calls @path; absolute;
 * g_free() it. Such a path is looked up from its root, by a link of /proc: no namespace is entered.
 */
char *frost_sys_mounted_path(const FrostSys *sys, const char *path);
