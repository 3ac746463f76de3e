/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * filter.h - which filesystems the administrator or the host leaves out; pure
 *
 * Globs are those of the shell, except that * and ? match a slash, too. A glob matches a superblock
 * by any of its mount points, by its type or by its source.
 */

#include <glib.h>
#include <stdbool.h>

/* What is done with the filesystems that could be frozen. */
typedef enum {
    FROST_PLAN_FREEZE,
    FROST_PLAN_SYNC, /* only synced */
    FROST_PLAN_OFF,  /* excluded */
} FrostPlanMode;

typedef struct {
    const char *const *include;      /* (nullable): globs on mount point, type, device */
    const char *const *exclude;      /* (nullable): wins over include */
    const char *const *mount_points; /* (nullable): a freeze-list. Any mount point of a filesystem
                                        names it, also a bind mount; an unknown one is logged */
    FrostPlanMode mode;
    bool all_namespaces; /* also freeze what only other mount namespaces show, as far as it can be
                            opened. With a freeze-list this has no effect */
} FrostPlanFilter;

/* Why include or exclude leaves the superblock out, g_free() it; NULL: they do not. @mounts: of
 * FrostMount, all of one superblock. An empty include list is no list. */
char *frost_filter_exclusion(const FrostPlanFilter *filter, const GPtrArray *mounts);

/* False if there is a freeze-list, and it has none of the mount points, byte by byte. */
bool frost_filter_lists(const FrostPlanFilter *filter, const GPtrArray *mounts);
