/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * superblock.h - the mounts of one superblock, and the way to a descriptor on it
 *
 * However many mounts show a superblock, it is one (K16, K25). What it is decides whether it may
 * be touched at all; what a mount point leads to is looked up on paper before it is opened, and
 * verified by the descriptor afterwards.
 */

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "mountinfo.h"
#include "sys.h"

typedef enum {
    FROST_KIND_BLOCK, /* on a block device, the number of which is its own */
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
    GPtrArray *mounts;        /* of FrostMount *, borrowed, oldest first; never empty */
    dev_t dev;                /* mountinfo's; of the oldest mount */
    int fd;                   /* -1 unless it has been opened */
    const FrostMount *opened; /* what it was opened by */
    bool has_fsid;            /* btrfs, and it has been opened */
    uint8_t fsid[16];
    GArray *subvolumes; /* of dev_t; st_dev of what has been seen of a btrfs */
    bool looked_at;     /* its mount points have been looked at for that */
} FrostSuperblock;

FrostSuperblock *frost_superblock_new(FrostSys *sys, FrostMount *mount);
/* Closes it if it is open. */
void frost_superblock_free(FrostSuperblock *self);

/**
 * frost_superblocks_of: groups @mounts
 *
 * Where the kernel gives each subvolume of a btrfs a device number of its own in mountinfo (that
 * of SUSE does), those are opened that may be one filesystem, and put together by FSID.
 *
 * Returns: of FrostSuperblock, newest first, by the oldest mount of each. @sys and @mounts are
 * borrowed and outlive it.
 */
GPtrArray *frost_superblocks_of(FrostSys *sys, const GPtrArray *mounts);

/* The oldest mount: what people call it by. */
const FrostMount *frost_superblock_main(const FrostSuperblock *self);
bool frost_superblock_may_be_opened(const FrostSuperblock *self);
/* Has the mount of this id. */
bool frost_superblock_has_mount(const FrostSuperblock *self, unsigned id);

/**
 * frost_superblock_open:
 * @out_path: (nullable): on failure, g_free() it: the mount point that the errno is about
 *
 * Tries the mount points until one leads to this very filesystem; the oldest first, since the
 * descriptor makes its mount busy, and short-lived bind mounts should stay free to go.
 *
 * What the errno of one mount point means:
 *
 *   ENOENT ENOTDIR ELOOP ENXIO ESTALE,   this name is hidden or stale: the next is tried; when
 *   or it leads elsewhere                all are, -ENOENT: the filesystem is out of reach
 *   any other (EACCES EPERM EIO EMFILE   what cannot be opened cannot be frozen: when no other
 *   ENFILE ENOMEM and the unknown)       name leads there, this errno
 */
int frost_superblock_open(FrostSuperblock *self, const GPtrArray *mounts, char **out_path);
void frost_superblock_close(FrostSuperblock *self);

/* The block device it is on, 0 where there is none or none is known. Of a btrfs that of its
 * source, else any. */
dev_t frost_superblock_device(const FrostSuperblock *self);
/* All block devices it is on, of dev_t. */
GArray *frost_superblock_devices(const FrostSuperblock *self);
/* Whether a file with this st_dev is on it. */
bool frost_superblock_holds(FrostSuperblock *self, const GPtrArray *mounts, dev_t dev);
