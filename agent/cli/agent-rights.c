/* SPDX-License-Identifier: MIT */
#include "agent-rights.h"

#include <string.h>

#include "rights.h"

bool
frost_cli_find_rights(const char *status, guint64 *out)
{
    static const char name[] = "\nCapEff:\t";
    const char *line = status ? strstr(status, name) : NULL;

    if (line)
        *out = g_ascii_strtoull(line + strlen(name), NULL, 16);
    return line != NULL;
}

char *
frost_cli_rights_of(FrostSys *sys, pid_t pid)
{
    g_autofree char *path = g_strdup_printf("/proc/%d/status", (int)pid);
    g_autofree char *status = NULL;
    guint64 rights;

    if (sys->read_file(sys, path, &status, NULL) < 0 || !frost_cli_find_rights(status, &rights))
        return NULL;
    return frost_rights_describe(rights);
}
