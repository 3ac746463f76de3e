/* SPDX-License-Identifier: MIT */
#include "dir-names.h"

#include <dirent.h>
#include <errno.h>
#include <string.h>

int
frost_dir_names(const char *path, GCompareFunc compare, char ***out_names)
{
    DIR *dir = opendir(path);
    if (!dir)
        return -errno;

    g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
    const struct dirent *entry;
    while ((errno = 0, entry = readdir(dir))) {
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
            g_ptr_array_add(names, g_strdup(entry->d_name));
    }
    int failed = errno;
    closedir(dir);
    if (failed)
        return -failed;

    g_ptr_array_sort(names, compare);
    g_ptr_array_add(names, NULL);
    *out_names = (char **)g_ptr_array_free(g_steal_pointer(&names), FALSE);
    return 0;
}
