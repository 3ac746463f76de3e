/* SPDX-License-Identifier: MIT */
#include "statedir.h"

#include "config.h"

char *
frost_cli_statedir(GError **error)
{
    g_autoptr(FrostConfig) config = frost_config_new();
    char *argv[] = {(char *)"frost-ga", NULL};
    const char *const no_commands[] = {NULL};
    FrostAction action;

    if (!frost_config_load(config, 1, argv, no_commands, &action, error)) {
        g_prefix_error(error, "no state directory without --statedir: ");
        return NULL;
    }
    return g_strdup(config->statedir);
}
