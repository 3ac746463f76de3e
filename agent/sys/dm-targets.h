/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * dm-targets.h - the targets of a device-mapper device, which sysfs does not show
 */

#include <glib.h>
#include <sys/types.h>

/* The types of the targets of @device ("linear", "writecache"), in their order; g_strfreev() them.
 * Calls DM_TABLE_STATUS, without a flush. 0, or a negative errno; -ENXIO: it is not a device-mapper
 * device. */
int frost_dm_targets(dev_t device, char ***out_types);
