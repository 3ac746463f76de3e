/* SPDX-License-Identifier: MIT */
#include "statedir.h"

#include "agent-config.h"

char *
frost_cli_statedir(GError **error)
{
    g_autoptr(FrostConfig) config = frost_cli_config(NULL, error);

    if (!config) {
        g_prefix_error(error, "no state directory without --statedir: ");
        return NULL;
    }
    return g_strdup(config->statedir);
}
