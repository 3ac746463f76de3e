/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * statedir.h - the commands that only look into the agent's state directory: how they are called
 */

#include <glib.h>
#include <stdbool.h>

typedef struct {
    char *statedir; /* NULL: the configured one */
    bool json;
    bool help;
} FrostStatedirOptions;

/* -h, -j and -t DIR, nothing else. False: what is wrong has been told on standard error. */
bool frost_statedir_options_parse(FrostStatedirOptions *self, const char *command, int argc,
                                  char **argv);
/* The one of the options, or of the agent that is started without any; QGA_CONF counts as it does
 * there. NULL: told on standard error. g_free() it. */
char *frost_statedir_options_find(const FrostStatedirOptions *self, const char *command);

void frost_statedir_options_clear(FrostStatedirOptions *self);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(FrostStatedirOptions, frost_statedir_options_clear)
