/* SPDX-License-Identifier: MIT */
#include <glib.h>
#include <unistd.h>

#include "sys.h"

char *
frost_sys_mount_table(const FrostSys *sys)
{
    return sys->mounts_of > 0 ? g_strdup_printf("/proc/%d/mountinfo", (int)sys->mounts_of)
                              : g_strdup("/proc/self/mountinfo");
}

/* /proc/PID/root is a link, which is followed if a path comes after it, even only "/". */
char *
frost_sys_mounted_path(const FrostSys *sys, const char *path)
{
    return sys->mounts_of > 0 ? g_strdup_printf("/proc/%d/root%s", (int)sys->mounts_of, path)
                              : g_strdup(path);
}
