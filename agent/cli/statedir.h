/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * statedir.h - the commands that only look into the agent's state directory: how they are called
 */

#include <glib.h>
#include <stdbool.h>

typedef struct {
    char *statedir; /* NULL: not given */
    bool json;
    bool help;
} FrostStatedirOptions;

/* -h, -j and -t DIR, nothing else. False: what is wrong has been told on standard error. */
bool frost_statedir_options_parse(FrostStatedirOptions *self, const char *command, int argc,
                                  char **argv);
/* Where none is given: that of the agent which runs beside us, unless QGA_CONF names another one;
 * else that of an agent which is started without options. False: told on standard error. */
bool frost_statedir_options_complete(FrostStatedirOptions *self, const char *command);

void frost_statedir_options_clear(FrostStatedirOptions *self);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(FrostStatedirOptions, frost_statedir_options_clear)
