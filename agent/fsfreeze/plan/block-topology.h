/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * block-topology.h - the devices and files below a block device
 *
 * Filesystems are not always mounted in the order in which they stand on each other (K13). sysfs
 * shows what is below a device: the disk of a partition, the lower devices of dm, md and bcache,
 * the backing file of a loop device. For a disk with nothing below, it shows whether this machine
 * may serve that disk to itself (disk-origin.h). The backing file comes from LOOP_GET_STATUS64, as
 * the path in sysfs misleads across namespaces and below covered mounts.
 */

#include <glib.h>
#include <stdbool.h>
#include <sys/types.h>

#include "sys.h"

/* The backing file of a loop device. */
typedef struct {
    dev_t loop;
    dev_t dev; /* st_dev of the file, as the loop driver recorded it */
    ino_t ino;
} FrostBacking;

typedef struct {
    GArray *devices;  /* of dev_t: the device itself, and every block device below it */
    GArray *backings; /* of FrostBacking: the backing files of loop devices among them */
    char *unseen;     /* (nullable): why there may be more below than is listed here */
    unsigned bottoms; /* how many of the devices have nothing below */
    bool in_memory;   /* all of those are zram or ram disks */
} FrostFoundation;

/* True if sysfs is mounted and does not have @device: the disk was unplugged. */
bool frost_block_device_has_gone(FrostSys *sys, dev_t device);

/* Finds what is below @device, down to the bottom. Never fails: see unseen. */
FrostFoundation *frost_foundation_of(FrostSys *sys, dev_t device);
void frost_foundation_free(FrostFoundation *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(FrostFoundation, frost_foundation_free)

/* The kernel's name of @device ("sda1"), g_free() it; NULL if sysfs does not have the device. */
char *frost_block_device_name(FrostSys *sys, dev_t device);
/* The size of @device in bytes, or a negative errno. */
int64_t frost_block_device_size(FrostSys *sys, dev_t device);
/* The number of the device whose folder in sysfs is @folder. 0, or a negative errno. */
int frost_block_device_called(FrostSys *sys, const char *folder, dev_t *out);
/* The number of the device node @path in the chosen mount namespace (sys.h); 0 if there is none.
 * A @path outside /dev gives 0, as looking it up might hang. */
dev_t frost_block_device_at(FrostSys *sys, const char *path);

/* The path that sysfs shows for the backing file of @loop. It may be wrong: verify it. */
int frost_loop_backing_path(FrostSys *sys, dev_t loop, char **out_path);

/**
 * frost_btrfs_devices: the block devices of a btrfs (K25)
 * @fsid: (nullable): which btrfs; NULL: the one that has the device @member
 *
 * Returns: of dev_t; empty if sysfs does not have the filesystem
 */
GArray *frost_btrfs_devices(FrostSys *sys, const uint8_t *fsid, dev_t member);
/* True if sysfs has this btrfs, but none of its devices any more. */
bool frost_btrfs_has_gone(FrostSys *sys, const uint8_t *fsid);
