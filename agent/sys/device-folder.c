/* SPDX-License-Identifier: MIT */
#include "device-folder.h"

#include <glib.h>
#include <limits.h>
#include <string.h>
#include <sys/param.h>
#include <unistd.h>

typedef struct {
    const char *folder;
    const char *up; /* how its links lead to the devices */
} Links;

char *
frost_device_folder(const char *path)
{
    static const Links all[] = {{"/sys/dev/block/", "../../devices/"},
                                {"/sys/class/block/", "../../devices/"},
                                {"/sys/block/", "../devices/"}};
    char target[PATH_MAX];

    for (size_t i = 0; i < G_N_ELEMENTS(all); i++) {
        const Links *links = &all[i];

        if (!g_str_has_prefix(path, links->folder) || strchr(path + strlen(links->folder), '/'))
            continue;
        ssize_t n = readlink(path, target, sizeof target - 1);

        target[MAX(n, 0)] = '\0';
        return g_str_has_prefix(target, links->up)
                   ? g_strconcat("/sys/devices/", target + strlen(links->up), NULL)
                   : NULL;
    }
    return NULL;
}
