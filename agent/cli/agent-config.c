/* SPDX-License-Identifier: MIT */
#include "agent-config.h"

/* A command line, with a name in front; the words stay those of @options. */
static GPtrArray *
command_line(const char *const *options)
{
    GPtrArray *argv = g_ptr_array_new();

    g_ptr_array_add(argv, (char *)"frost-ga");
    for (; *options; options++)
        g_ptr_array_add(argv, (char *)*options);
    g_ptr_array_add(argv, NULL);
    return argv;
}

FrostConfig *
frost_cli_config_of(const char *const *options, GError **error)
{
    g_autoptr(FrostConfig) config = frost_config_new();
    g_autoptr(GPtrArray) argv = command_line(options);
    const char *const no_commands[] = {NULL};
    FrostAction action;

    if (!frost_config_load(config, (int)argv->len - 1, (char **)argv->pdata, no_commands, &action,
                           error))
        return NULL;
    if (action != FROST_ACTION_EXIT)
        return g_steal_pointer(&config);
    g_set_error_literal(error, FROST_CONFIG_ERROR, FROST_CONFIG_ERROR_USAGE,
                        "an option of the agent that only prints something is of no use here");
    return NULL;
}

char **
frost_cli_operands_of(const char *const *options)
{
    g_autoptr(GPtrArray) argv = command_line(options);

    return frost_config_operands((int)argv->len - 1, (char **)argv->pdata);
}

FrostConfig *
frost_cli_config(const char *file, GError **error)
{
    const char *const options[] = {file ? "-c" : NULL, file, NULL};

    return frost_cli_config_of(options, error);
}
