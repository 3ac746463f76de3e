/* SPDX-License-Identifier: MIT */
#include "agent-rights.h"

#include <string.h>

bool
frost_cli_find_rights(const char *status, guint64 *out)
{
    static const char name[] = "\nCapEff:\t";
    const char *line = status ? strstr(status, name) : NULL;

    if (line)
        *out = g_ascii_strtoull(line + strlen(name), NULL, 16);
    return line != NULL;
}
