/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * disk-serial.h - the serial numbers of the disks of a filesystem, by which a host knows them
 */

#include <glib.h>

#include "sys.h"

/**
 * frost_disk_serials:
 * @disks: of dev_t; partitions and the like among them have none
 *
 * Returns the serial numbers of @disks, one on a line, g_free() it; NULL: none is
 * known. They come from udev's database or else from the kernel (virtio-blk, NVMe), and are the
 * same as in guest-get-fsinfo. Not to be called while anything is frozen, as the kernel may have to
 * ask the disk.
 */
char *frost_disk_serials(FrostSys *sys, const GArray *disks);
