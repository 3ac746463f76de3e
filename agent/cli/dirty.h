/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * dirty.h - how much data is still to be written to the disks, if the kernel shows it
 */

#include <stdint.h>

#include "plan.h"
#include "sys.h"

/* How many bytes @fs has not written to its disk; -1: not known. They come from the writeback
 * statistics of the disk (debugfs), if the filesystem has the disk for itself. Otherwise ext4 shows
 * data that has no block yet, which is most of it if files are new. */
int64_t frost_dirty_of(FrostSys *sys, const FrostFilesystem *fs);

/* The same for the whole machine, with data that is being written; -1: /proc/meminfo does not show
 * it.
 */
int64_t frost_dirty_total(FrostSys *sys);
