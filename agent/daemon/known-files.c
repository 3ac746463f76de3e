/* SPDX-License-Identifier: MIT */
#include "known-files.h"

#include <errno.h>
#include <glib.h>
#include <string.h>
#include <sys/auxv.h>
#include <unistd.h>

#include "landlock.h"

#define ITSELF "/proc/self/exe"

/* (nullable): the folder of the dynamic loader, which the kernel executes with the program. It is
 * the file that is mapped at AT_BASE. An update may replace the file, but hardly the folder. */
static char *
find_loader(void)
{
    g_autofree char *maps = NULL;
    g_autofree char *begin = g_strdup_printf("%lx-", getauxval(AT_BASE));

    if (getauxval(AT_BASE) == 0 || !g_file_get_contents("/proc/self/maps", &maps, NULL, NULL))
        return NULL;
    g_auto(GStrv) lines = g_strsplit(maps, "\n", -1);
    for (char **line = lines; *line; line++) {
        const char *path = g_str_has_prefix(*line, begin) ? strchr(*line, '/') : NULL;

        if (path)
            return g_path_get_dirname(path);
    }
    return NULL;
}

static int
allow(int rules, const char *const *folders)
{
    g_autofree char *loader = find_loader();
    int r = frost_landlock_allow(rules, ITSELF, FROST_LANDLOCK_EXECUTE);

    if (r == 0 && loader)
        r = frost_landlock_allow(rules, loader, FROST_LANDLOCK_EXECUTE);
    for (; r == 0 && *folders; folders++) {
        r = frost_landlock_allow(rules, *folders, FROST_LANDLOCK_CHANGE);
        r = r == -ENOENT ? 0 : r;
    }
    return r;
}

int
frost_known_files_limit(const char *const *folders)
{
    int rules = frost_landlock_open_for_known_files();

    if (rules < 0)
        return rules;
    int r = allow(rules, folders);
    if (r == 0)
        r = frost_landlock_restrict(rules);
    close(rules);
    return r;
}
