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
    case 'p':
        self->prometheus = true;
        return true;
    case 'w':
        g_free(self->textfile);
        self->textfile = g_strdup(optarg);
        return true;
    case 't':
        g_free(self->statedir);
        self->statedir = g_strdup(optarg);
        return true;
    default:
        return false; /* getopt has printed why */
    }
}

static bool
parse(FrostStatedirOptions *self, const struct option *longs, const char *command, int argc,
      char **argv)
{
    int code;

    optind = 0; /* getopt may have been used before */
    while ((code = getopt_long(argc, argv, "hjt:", longs, NULL)) != -1) {
        if (!apply(self, code))
            return false;
    }
    if (optind == argc)
        return true;
    frost_output_complain(command, FROST_OUTPUT_UNEXPECTED, argv[optind]);
    return false;
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

    return parse(self, longs, command, argc, argv);
}

bool
frost_statedir_options_parse_status(FrostStatedirOptions *self, const char *command, int argc,
                                    char **argv)
{
    static const struct option longs[] = {
        {"help", no_argument, NULL, 'h'},           {"json", no_argument, NULL, 'j'},
        {"prometheus", no_argument, NULL, 'p'},     {"statedir", required_argument, NULL, 't'},
        {"textfile", required_argument, NULL, 'w'}, {NULL, 0, NULL, 0},
    };

    return parse(self, longs, command, argc, argv);
}

/* NULL: no agent runs in our mount namespace, or its options cannot be parsed. */
static FrostConfig *
config_of_the_running(void)
{
    FrostSys sys = frost_sys_linux();
    g_autoptr(GPtrArray) agents = frost_running_agents(&sys);
    const FrostRunning *agent = frost_running_beside(&sys, agents);

    return agent ? frost_cli_config_of_running(agent, NULL) : NULL;
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
    g_free(self->textfile);
}
