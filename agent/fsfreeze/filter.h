/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * filter.h - what the administrator and the host want left out; pure
 *
 * Globs are those of the shell, but * and ? match a slash too. A superblock is meant by any of its
 * mount points, by its type or by its source.
 */

#include "plan.h"

/* @mounts: of FrostMount, of one superblock. The reason why it is left out, g_free() it; NULL
 * where it is not. An empty list of includes is none. */
char *frost_filter_exclusion(const FrostPlanFilter *filter, const GPtrArray *mounts);

/* Whether the freeze-list, if there is one, names a mount point of it, byte by byte. */
bool frost_filter_lists(const FrostPlanFilter *filter, const GPtrArray *mounts);
