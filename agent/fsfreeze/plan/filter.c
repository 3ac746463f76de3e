/* SPDX-License-Identifier: MIT */
#include "filter.h"

#include <fnmatch.h>

#include "mountinfo.h"

static bool
matches(const char *glob, const GPtrArray *mounts)
{
    for (guint i = 0; i < mounts->len; i++) {
        const FrostMount *mount = mounts->pdata[i];

        if (fnmatch(glob, mount->mount_point, 0) == 0 || fnmatch(glob, mount->fs_type, 0) == 0 ||
            fnmatch(glob, mount->source, 0) == 0)
            return true;
    }
    return false;
}

static const char *
first_match(const char *const *globs, const GPtrArray *mounts)
{
    for (; globs && *globs; globs++) {
        if (matches(*globs, mounts))
            return *globs;
    }
    return NULL;
}

char *
frost_filter_exclusion(const FrostPlanFilter *filter, const GPtrArray *mounts)
{
    const char *excluded = first_match(filter->exclude, mounts);

    if (excluded)
        return g_strdup_printf("excluded by '%s'", excluded);
    if (filter->include && *filter->include && !first_match(filter->include, mounts))
        return g_strdup("matches none of the globs to include");
    return NULL;
}

bool
frost_filter_lists(const FrostPlanFilter *filter, const GPtrArray *mounts)
{
    if (!filter->mount_points)
        return true;
    for (guint i = 0; i < mounts->len; i++) {
        const FrostMount *mount = mounts->pdata[i];
        if (g_strv_contains(filter->mount_points, mount->mount_point))
            return true;
    }
    return false;
}
