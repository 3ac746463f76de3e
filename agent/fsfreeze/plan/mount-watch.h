/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * mount-watch.h - whether anything is mounted or unmounted during a freeze (K23)
 */

#include <stdbool.h>

#include "sys.h"

typedef struct FrostMountWatch FrostMountWatch;

/* Starts to watch the chosen mount namespace (sys.h). @sys is borrowed. */
FrostMountWatch *frost_mount_watch_new(FrostSys *sys);
/* Frees it. True: there was a change. False also if @self is NULL, or the mount table could not be
 * watched. */
bool frost_mount_watch_end(FrostMountWatch *self);
