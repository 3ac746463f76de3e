/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * path-watch.h - tells when it may be worth trying to open a path again
 *
 * Nothing is polled while the path is missing: inotify watches each directory on the way to it,
 * through symbolic links, as far as the way exists. Neither /dev/virtio-ports nor the link in it
 * nor the node the link leads to need be there yet.
 *
 * Where the path is there and cannot be opened all the same, the node itself is watched, for
 * another process closing it and for its permissions. That does not tell everything (a driver
 * without a device behind it, an address in use), so it is tried again every 5 s, too: as it is
 * where inotify is not to be had.
 */

#include <glib.h>
#include <stdbool.h>

typedef struct FrostPathWatch FrostPathWatch;

/* May free the watch. What happens from this call on is not missed if opening fails again. */
typedef void (*FrostPathChanged)(void *user);

/**
 * frost_path_watch_new:
 * @path: (nullable): NULL: there is no path, time alone may help
 *
 * Watches from now on; a caller tries to open afterwards, not before.
 */
FrostPathWatch *frost_path_watch_new(const char *path, GMainContext *context,
                                     FrostPathChanged changed, void *user);
void frost_path_watch_free(FrostPathWatch *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(FrostPathWatch, frost_path_watch_free)

/* Whether the path is missing and an event alone will tell of it: no timer runs. */
bool frost_path_watch_is_silent(const FrostPathWatch *self);
