/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * elsewhere.h - filesystems that the kernel has, but that the chosen mount namespace does not show
 *
 * They are mounted in another namespace (a container's volume, a private mount of a service), or
 * were unmounted lazily while in use. None of them is opened: sysfs lists the superblocks of ext4,
 * xfs, f2fs and btrfs, and the mount tables of other processes show where they are mounted.
 */

#include <glib.h>

#include "mountinfo.h"
#include "sys.h"

/**
 * frost_elsewhere_find:
 * @superblocks: of FrostSuperblock: those that the plan has already
 * @all_namespaces: true if these are all that any namespace shows: none is asked again
 *
 * Returns: of FrostMount, sorted by name: one for each other superblock that is not known to be
 * read-only. The mount point begins with the name of a namespace that shows it (namespaces.h), or
 * is the path of its device (/dev/sdb) if none does.
 */
GPtrArray *frost_elsewhere_find(FrostSys *sys, const GPtrArray *superblocks, bool all_namespaces);
