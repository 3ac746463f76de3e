/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * filter.h - which filesystems the administrator or the host leaves out; pure
 *
 * Globs are those of the shell, except that * and ? match a slash, too. A glob matches a superblock
 * by any of its mount points, by its type or by its source.
 */

#include "plan.h"

/* Why include or exclude leaves the superblock out, g_free() it; NULL: they do not. @mounts: of
 * FrostMount, all of one superblock. An empty include list is no list. */
char *frost_filter_exclusion(const FrostPlanFilter *filter, const GPtrArray *mounts);

/* False if there is a freeze-list, and it has none of the mount points, byte by byte. */
bool frost_filter_lists(const FrostPlanFilter *filter, const GPtrArray *mounts);
