/* SPDX-License-Identifier: MIT */
#include "statedir.h"

#include <getopt.h>

#include "agent-config.h"
#include "output.h"

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
    frost_output_complain_operand(command, argv[optind]);
    return false;
}

char *
frost_statedir_options_find(const FrostStatedirOptions *self, const char *command)
{
    g_autoptr(GError) error = NULL;

    if (self->statedir)
        return g_strdup(self->statedir);
    g_autoptr(FrostConfig) config = frost_cli_config(NULL, &error);
    if (config)
        return g_strdup(config->statedir);
    g_prefix_error(&error, "no state directory without --statedir: ");
    frost_output_complain(command, error->message);
    return NULL;
}

void
frost_statedir_options_clear(FrostStatedirOptions *self)
{
    g_free(self->statedir);
}
