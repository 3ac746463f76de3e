/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * statedir.h - the options of commands that read the agent's state directory
 */

#include <glib.h>
#include <stdbool.h>

typedef struct {
    char *statedir; /* NULL: not given */
    bool json;
    bool prometheus; /* of status */
    char *textfile;  /* of status: a folder; NULL: not given */
    bool help;
} FrostStatedirOptions;

/* Parses -h, -j and -t DIR. False: the command line is wrong, which was reported on standard error.
 */
bool frost_statedir_options_parse(FrostStatedirOptions *self, const char *command, int argc,
                                  char **argv);
/* The same, with the options that only status has. */
bool frost_statedir_options_parse_status(FrostStatedirOptions *self, const char *command, int argc,
                                         char **argv);
/* If no state directory is given, sets that of the agent in our mount namespace, unless QGA_CONF is
 * set; else that of an agent that is started without options. False: it failed, which was reported
 * on standard error. */
bool frost_statedir_options_complete(FrostStatedirOptions *self, const char *command);

void frost_statedir_options_clear(FrostStatedirOptions *self);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(FrostStatedirOptions, frost_statedir_options_clear)
