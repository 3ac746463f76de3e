/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * further-devices.h - the block devices of a filesystem other than the one that is mounted
 *
 *   xfs         log and realtime section: the mount options logdev and rtdev name them
 *   ext4        external journal: the kernel thread that writes it is named after its device
 *   f2fs        only the superblock on disk names them; but with more devices the filesystem is
 *               larger than the one that is mounted
 *   bcachefs    its source in mountinfo names all, with colons in between
 *
 * For the devices of a btrfs see block-topology.h.
 */

#include <glib.h>

#include "superblock.h"

/**
 * frost_further_devices:
 * @devices: of dev_t; those that are found are appended
 *
 * Returns: (nullable): why there may be others that were not found, g_free() it
 */
char *frost_further_devices(const FrostSuperblock *superblock, GArray *devices);

/**
 * frost_journal_of_thread:
 * @comm: the name of the thread that writes the journal: "jbd2/sda1-8", "jbd2/loop0"; old kernels
 *     cut it off after 15 bytes
 * @device: the kernel's name of the device that is mounted
 *
 * Returns: (nullable): the name of the device that has the external journal, or the beginning of
 * that name; NULL if the journal is internal, or @comm is no such name. g_free() it. Pure.
 */
char *frost_journal_of_thread(const char *comm, const char *device);
