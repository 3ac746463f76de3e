/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * topology.h - what a block device stands on
 *
 * Mount order is not dependency order (K13). sysfs tells what is below a device: the disk of a
 * partition, the slaves of dm and md, the backing file of a loop. A loop's backing file is named
 * by LOOP_GET_STATUS64, not by the path in sysfs, which misleads across namespaces and covered
 * mounts.
 */

#include <glib.h>
#include <stdbool.h>
#include <sys/types.h>

#include "sys.h"

typedef struct {
    GArray *devices;    /* of dev_t: every block device below, the first one included */
    GArray *backings;   /* of FrostLoopBacking: the files on which loops below stand */
    char *opaque;       /* (nullable): why part of what is below cannot be seen */
} FrostFoundation;

/* Follows @device down to the bottom. Never fails: what cannot be seen makes it opaque. */
FrostFoundation *frost_foundation_of(FrostSys *sys, dev_t device);
void frost_foundation_free(FrostFoundation *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(FrostFoundation, frost_foundation_free)
