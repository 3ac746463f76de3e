/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * topology.h - what a block device stands on
 *
 * Mount order is not dependency order (K13). sysfs tells what is below a device: the disk of a
 * partition, the slaves of dm, md and bcache, the backing file of a loop. A loop's backing file is
 * named by LOOP_GET_STATUS64, not by the path in sysfs, which misleads across namespaces and
 * covered mounts.
 */

#include <glib.h>
#include <stdbool.h>
#include <sys/types.h>

#include "sys.h"

/* A file that a loop device stands on. */
typedef struct {
    dev_t loop;
    dev_t dev; /* st_dev of the file, as the loop driver recorded it */
    ino_t ino;
} FrostBacking;

typedef struct {
    GArray *devices;  /* of dev_t: every block device below, the first one included */
    GArray *backings; /* of FrostBacking: the files on which loops below stand */
    char *opaque;     /* (nullable): why part of what is below cannot be seen */
} FrostFoundation;

/* Follows @device down to the bottom. Never fails: what cannot be seen makes it opaque. */
FrostFoundation *frost_foundation_of(FrostSys *sys, dev_t device);
void frost_foundation_free(FrostFoundation *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(FrostFoundation, frost_foundation_free)

/* The path that sysfs gives for the backing file of a loop: a hint, to be verified. */
int frost_loop_backing_path(FrostSys *sys, dev_t loop, char **out_path);

/**
 * frost_btrfs_devices: the block devices of a btrfs (K25)
 * @fsid: (nullable): of the filesystem; NULL: it is the one that @member belongs to
 *
 * Returns: of dev_t; empty where sysfs does not know the filesystem
 */
GArray *frost_btrfs_devices(FrostSys *sys, const uint8_t *fsid, dev_t member);
