/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * disks.h - the disks and partitions of the guest, by sysfs
 */

#include <glib.h>
#include <stdbool.h>

#include "disk-address.h"

#define FROST_DISKS_ERROR (frost_disks_error_quark())

typedef enum {
    FROST_DISKS_ERROR_READ,
} FrostDisksError;

GQuark frost_disks_error_quark(void);

typedef struct {
    char *node; /* "/dev/vda" */
    bool is_partition;
    GPtrArray *stands_on;      /* of char *: the disk of a partition, the members of dm and md */
    FrostDiskAddress *address; /* (nullable): a partition, or plugged in nowhere */
    char *alias;               /* (nullable): the name that device mapper was given */
} FrostDisk;

/* Of FrostDisk, a disk before its partitions; those of size 0 (loops without a file, drives without
 * a medium) are left out. */
GPtrArray *frost_disks_read(const char *root, GError **error);
