/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * mount-watch.h - whether something is mounted or unmounted between two moments (K23)
 */

#include <stdbool.h>

#include "sys.h"

typedef struct FrostMountWatch FrostMountWatch;

/* Of the mounts that @sys means. */
FrostMountWatch *frost_mount_watch_new(const FrostSys *sys);
/* Frees it; false also for NULL, and where the mount table cannot be watched. */
bool frost_mount_watch_end(FrostMountWatch *self);
