/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * mount-watch.h - whether something is mounted or unmounted between two moments (K23)
 */

#include <stdbool.h>

typedef struct FrostMountWatch FrostMountWatch;

FrostMountWatch *frost_mount_watch_new(void);
/* Frees it; false also for NULL, and where the mount table cannot be watched. */
bool frost_mount_watch_end(FrostMountWatch *self);
