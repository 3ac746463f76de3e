/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * path-watch.h - calls back when it may be worth trying to open a path again
 *
 * While the path is missing, nothing is polled: inotify watches each directory on the path, through
 * symbolic links, as far as they exist. /dev/virtio-ports, the link in it, and the node to which
 * that leads may all be missing.
 *
 * If the path exists but could not be opened, the node itself is watched, for another process that
 * closes it and for its permissions. That does not cover every reason (a driver without a device,
 * an address in use), so there is also a timer of 5 s. The timer alone is used if inotify is not
 * available.
 */

#include <glib.h>
#include <stdbool.h>

typedef struct FrostPathWatch FrostPathWatch;

/* May free the watch. A change after this call is reported again. */
typedef void (*FrostPathChanged)(void *user);

/**
 * frost_path_watch_new:
 * @path: (nullable): NULL: there is no path, and only the timer is used
 *
 * Watches from now on. To miss no change, call this first, and then try to open the path.
 */
FrostPathWatch *frost_path_watch_new(const char *path, GMainContext *context,
                                     FrostPathChanged changed, void *user);
void frost_path_watch_free(FrostPathWatch *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(FrostPathWatch, frost_path_watch_free)

/* True if no timer runs: the path is missing, and inotify will report it. */
bool frost_path_watch_is_silent(const FrostPathWatch *self);
