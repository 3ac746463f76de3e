/* SPDX-License-Identifier: MIT */
#include "device-folder.h"

#include <glib.h>
#include <limits.h>
#include <string.h>
#include <sys/param.h>
#include <unistd.h>

#define UP "../../devices/"

char *
frost_device_folder(const char *path)
{
    static const char *const folders[] = {"/sys/dev/block/", "/sys/class/block/"};
    char target[PATH_MAX];

    for (size_t i = 0; i < G_N_ELEMENTS(folders); i++) {
        if (!g_str_has_prefix(path, folders[i]) || strchr(path + strlen(folders[i]), '/'))
            continue;
        ssize_t n = readlink(path, target, sizeof target - 1);

        target[MAX(n, 0)] = '\0';
        return g_str_has_prefix(target, UP)
                   ? g_strconcat("/sys/devices/", target + strlen(UP), NULL)
                   : NULL;
    }
    return NULL;
}
