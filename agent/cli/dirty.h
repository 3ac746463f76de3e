/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * dirty.h - how much is still to be written out, where the kernel says so
 */

#include <stdint.h>

#include "plan.h"
#include "sys.h"

/* Bytes that @fs has not written out, or -1. The writeback statistics of its disk know (debugfs),
 * if the filesystem has the disk for itself; else ext4 tells of data that has no place yet, which
 * is what most of it is where files are new. */
int64_t frost_dirty_of(FrostSys *sys, const FrostFilesystem *fs);

/* Of the whole machine, dirty or on its way; -1 where /proc/meminfo does not say. */
int64_t frost_dirty_total(FrostSys *sys);
