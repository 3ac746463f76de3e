/* SPDX-License-Identifier: MIT */
#include "statedir.h"

#include <getopt.h>

#include "agent-config.h"
#include "output.h"
#include "running.h"

static bool
apply(FrostStatedirOptions *self, int code)
{
    switch (code) {
    case 'h':
        self->help = true;
        return true;
    case 'j':
        self->json = true;
        return true;
    case 't':
        g_free(self->statedir);
        self->statedir = g_strdup(optarg);
        return true;
    default:
        return false; /* getopt has said why */
    }
}

bool
frost_statedir_options_parse(FrostStatedirOptions *self, const char *command, int argc, char **argv)
{
    static const struct option longs[] = {
        {"help", no_argument, NULL, 'h'},
        {"json", no_argument, NULL, 'j'},
        {"statedir", required_argument, NULL, 't'},
        {NULL, 0, NULL, 0},
    };
    int code;

    optind = 0; /* another walk may have been there before */
    while ((code = getopt_long(argc, argv, "hjt:", longs, NULL)) != -1) {
        if (!apply(self, code))
            return false;
    }
    if (optind == argc)
        return true;
    frost_output_complain(command, FROST_OUTPUT_UNEXPECTED, argv[optind]);
    return false;
}

/* (nullable): there is none, or its options are not understood. */
static FrostConfig *
config_of_the_running(void)
{
    FrostSys sys = frost_sys_linux();
    g_autoptr(GPtrArray) agents = frost_running_agents(&sys);
    const FrostRunning *agent = frost_running_beside(&sys, agents);

    return agent ? frost_cli_config_of((const char *const *)agent->argv + 1, NULL) : NULL;
}

bool
frost_statedir_options_complete(FrostStatedirOptions *self, const char *command)
{
    g_autoptr(GError) error = NULL;

    if (self->statedir)
        return true;
    g_autoptr(FrostConfig) config = g_getenv("QGA_CONF") ? NULL : config_of_the_running();
    if (!config)
        config = frost_cli_config(NULL, &error);
    if (config)
        self->statedir = g_steal_pointer(&config->statedir);
    else
        frost_output_complain(command, "no --statedir: %s", error->message);
    return config != NULL;
}

void
frost_statedir_options_clear(FrostStatedirOptions *self)
{
    g_free(self->statedir);
}
