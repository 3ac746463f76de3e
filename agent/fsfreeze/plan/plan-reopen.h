/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * plan-reopen.h - opens one filesystem again, for a recovery or by another way
 */

#include <sys/types.h>

#include "sys.h"

/* Finds in mountinfo the filesystem with the block device @device or, where there is no block
 * device, with the number @mount_dev; opens and verifies it. Returns a descriptor, or a negative
 * errno; -ENOENT: no namespace shows it any more. */
int frost_plan_reopen(FrostSys *sys, dev_t mount_dev, dev_t device);
