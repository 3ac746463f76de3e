/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * superblock.h - a filesystem with all its mounts, and how to open it
 *
 * However many mounts a superblock has, it is frozen once (K16, K25). Its kind decides whether it
 * may be opened at all. Before a mount point is opened, the mount table must show that the path
 * leads to this superblock; afterwards fstat must confirm it.
 */

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "mountinfo.h"
#include "sys.h"

typedef enum {
    FROST_KIND_BLOCK, /* on a block device, with the same number */
    FROST_KIND_BTRFS,
    FROST_KIND_ZFS,
    FROST_KIND_FUSEBLK, /* on a block device, but served by a process: never opened */
    FROST_KIND_OVERLAY, /* never opened */
    FROST_KIND_MEMORY,  /* tmpfs and the like: never opened, stands on nothing */
    FROST_KIND_OTHER,   /* network, fuse, pseudo: never opened, may stand on anything */
} FrostKind;

typedef struct {
    FrostSys *sys;
    FrostKind kind;
    const GPtrArray *table;   /* all mounts of the namespace that shows it, borrowed */
    pid_t seen_by;            /* a process of that namespace; 0: it is the chosen one (sys.h) */
    const char *seen_as;      /* its name (namespaces.h), borrowed; NULL: it is the chosen one */
    GPtrArray *mounts;        /* of FrostMount *, borrowed, oldest first; never empty */
    dev_t dev;                /* from mountinfo, of the oldest mount */
    int fd;                   /* -1: not open */
    const FrostMount *opened; /* the mount by which it was opened */
    bool has_fsid;            /* it is a btrfs that was opened */
    uint8_t fsid[16];
    GArray *subvolumes;    /* of dev_t: the st_dev of each subvolume of a btrfs that was found */
    bool subvolumes_known; /* all its mount points were searched for those */
    char *unseen;          /* (nullable): why it may stand on others as well (fs-stack.h) */
    bool in_memory;        /* all of its devices are zram or ram disks (fs-stack.h) */
    GArray *disks; /* of dev_t: its devices, and all that were found below them (fs-stack.h) */
} FrostSuperblock;

FrostSuperblock *frost_superblock_new(FrostSys *sys, FrostMount *mount, const GPtrArray *table,
                                      pid_t seen_by, const char *seen_as);
/* Closes it if it is open. */
void frost_superblock_free(FrostSuperblock *self);

/**
 * frost_superblocks_of: groups @mounts by superblock
 *
 * Some kernels (SUSE's) show each subvolume of a btrfs with a number of its own in mountinfo. Those
 * that may be one filesystem are then opened, and grouped by FSID.
 *
 * Returns: of FrostSuperblock, the newest first, by the oldest mount of each. @sys and @mounts are
 * borrowed, and have to outlive it.
 */
GPtrArray *frost_superblocks_of(FrostSys *sys, const GPtrArray *mounts);
/* The same for the mount table of another process, @seen_by, whose namespace is called @seen_as. */
GPtrArray *frost_superblocks_seen_by(FrostSys *sys, const GPtrArray *mounts, pid_t seen_by,
                                     const char *seen_as);

/* True if they are the same btrfs under two numbers. Opens both to find out, if they may be. */
bool frost_superblocks_are_one_btrfs(FrostSuperblock *a, FrostSuperblock *b);

/* The oldest mount; its mount point is the filesystem's name. */
const FrostMount *frost_superblock_main(const FrostSuperblock *self);
/* The filesystem's name for people: its oldest mount point, as frost_superblock_shown_path().
 * g_free() it. */
char *frost_superblock_name(const FrostSuperblock *self);
/* @path of the filesystem's mount namespace, for people: @path itself in the chosen namespace, else
 * with the name of its namespace (/proc/PID/root/PATH, mnt:[NUMBER]/PATH). g_free() it. */
char *frost_superblock_shown_path(const FrostSuperblock *self, const char *path);
bool frost_superblock_may_be_opened(const FrostSuperblock *self);
/* True if one of its mounts has this id. */
bool frost_superblock_has_mount(const FrostSuperblock *self, unsigned id);

/**
 * frost_superblock_open:
 * @out_path: (nullable): on failure, the mount point that the errno is about; g_free() it
 *
 * Tries the mount points, the oldest first, until one leads to this filesystem. (The descriptor
 * keeps its mount busy. A short-lived bind mount should stay free to be unmounted.)
 *
 * What an errno for one mount point means:
 *
 *   ENOENT ENOTDIR ELOOP ENXIO ESTALE,   it is covered or stale: the next one is tried; if all
 *   or it leads elsewhere                are, the result is -ENOENT: out of reach
 *   any other (EACCES EPERM EIO EMFILE   the filesystem cannot be frozen: if no other mount point
 *   ENFILE ENOMEM and the unknown)       leads to it, the result is this errno
 */
int frost_superblock_open(FrostSuperblock *self, char **out_path);
void frost_superblock_close(FrostSuperblock *self);

/* The block device it is on; 0: none, or not known. For a btrfs, the device that is its source, or
 * any of its devices. */
dev_t frost_superblock_device(const FrostSuperblock *self);
/* All block devices it is on; of dev_t. */
GArray *frost_superblock_devices(const FrostSuperblock *self);
/* True if a file with this st_dev is on it. */
bool frost_superblock_holds(FrostSuperblock *self, dev_t dev);
