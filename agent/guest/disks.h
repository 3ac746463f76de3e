/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * disks.h - the disks and partitions of the guest, from sysfs
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
    FrostDiskAddress *address; /* NULL: it is a partition, or not plugged in anywhere */
    char *alias;               /* (nullable): the name of a device-mapper device */
} FrostDisk;

/* Returns: of FrostDisk, each disk before its partitions. Disks of size 0 (loop devices without a
 * file, drives without a medium) are left out. */
GPtrArray *frost_disks_read(const char *root, GError **error);
