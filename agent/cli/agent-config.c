/* SPDX-License-Identifier: MIT */
#include "agent-config.h"

FrostConfig *
frost_cli_config_of(const char *const *options, GError **error)
{
    g_autoptr(FrostConfig) config = frost_config_new();
    g_autoptr(GPtrArray) argv = g_ptr_array_new();
    const char *const no_commands[] = {NULL};
    FrostAction action;

    g_ptr_array_add(argv, (char *)"frost-ga");
    for (; *options; options++)
        g_ptr_array_add(argv, (char *)*options);
    g_ptr_array_add(argv, NULL);
    if (!frost_config_load(config, (int)argv->len - 1, (char **)argv->pdata, no_commands, &action,
                           error))
        return NULL;
    return g_steal_pointer(&config);
}

FrostConfig *
frost_cli_config(const char *file, GError **error)
{
    const char *const options[] = {file ? "-c" : NULL, file, NULL};

    return frost_cli_config_of(options, error);
}
