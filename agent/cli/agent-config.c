/* SPDX-License-Identifier: MIT */
#include "agent-config.h"

FrostConfig *
frost_cli_config(const char *file, GError **error)
{
    g_autoptr(FrostConfig) config = frost_config_new();
    char *argv[] = {(char *)"frost-ga", (char *)"-c", (char *)file, NULL};
    const char *const no_commands[] = {NULL};
    FrostAction action;

    if (!frost_config_load(config, file ? 3 : 1, argv, no_commands, &action, error))
        return NULL;
    return g_steal_pointer(&config);
}
