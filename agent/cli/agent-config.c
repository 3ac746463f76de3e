/* SPDX-License-Identifier: MIT */
#include "agent-config.h"

#include <string.h>
#include <unistd.h>

#include "load.h"
#include "options.h"

/* @options with a program's name before them; the words are borrowed. */
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
                        "an option that only makes the agent print something cannot be used here");
    return NULL;
}

static char *
from_its_folder(const FrostRunning *agent, const char *path)
{
    return agent->folder ? g_canonicalize_filename(path, agent->folder) : g_strdup(path);
}

/* Makes a relative path absolute. A name without a slash is looked up in PATH, and stays. */
static void
move_to_its_folder(const FrostRunning *agent, char **path)
{
    if (!*path || !strchr(*path, '/') || g_path_is_absolute(*path))
        return;
    char *moved = from_its_folder(agent, *path);
    g_free(*path);
    *path = moved;
}

/* The config file to read; NULL: the usual one. QGA_CONF in the environment of this command names
 * another file than the agent's. The file that the agent's own QGA_CONF names may be missing. */
static char *
file_of(const FrostRunning *agent)
{
    g_autofree char *given = frost_config_find_file((int)g_strv_length(agent->argv), agent->argv);

    if (given)
        return from_its_folder(agent, given);
    if (!agent->conf || g_getenv("QGA_CONF"))
        return NULL;
    g_autofree char *path = from_its_folder(agent, agent->conf);
    return access(path, F_OK) == 0 ? g_steal_pointer(&path) : NULL;
}

FrostConfig *
frost_cli_config_of_running(const FrostRunning *agent, GError **error)
{
    g_autofree char *file = file_of(agent);
    g_autoptr(GPtrArray) words = g_ptr_array_new();

    g_autofree char *option = file ? g_strconcat("--config=", file, NULL) : NULL;

    /* The last -c counts, so it goes after the agent's own options, and before a "--". */
    for (char **word = agent->argv + 1; *word && !g_str_equal(*word, "--"); word++)
        g_ptr_array_add(words, *word);
    if (option)
        g_ptr_array_add(words, option);
    g_ptr_array_add(words, NULL);
    FrostConfig *config = frost_cli_config_of((const char *const *)words->pdata, error);
    if (!config)
        return NULL;
    move_to_its_folder(agent, &config->fsfreeze_hook);
    move_to_its_folder(agent, &config->statedir);
    move_to_its_folder(agent, &config->logfile);
    move_to_its_folder(agent, &config->pidfile);
    return config;
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
