/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * words.h - the command line of a command that takes the agent's options, too
 *
 * -j and -h are options of the command, wherever they stand. All other options are the agent's;
 * words that are not options are operands.
 */

#include <glib.h>
#include <stdbool.h>

#include "config.h"
#include "running.h"

typedef struct {
    const char *command;
    bool json;
    bool help;
    GPtrArray *rest; /* of char *, borrowed */
    char **operands; /* those of rest that are not options; set by frost_words_config() */
} FrostWords;

FrostWords frost_words(const char *command);
void frost_words_clear(FrostWords *self);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(FrostWords, frost_words_clear)

/* Adds a word, which is borrowed. */
void frost_words_take(FrostWords *self, char *word);

/**
 * frost_words_config: the configuration that the command is about
 * @agent: (nullable): the running agent
 *
 * With options among the words, it is that of an agent started with these; without, it is that of
 * @agent. NULL: the options are wrong, which was reported on standard error.
 */
FrostConfig *frost_words_config(FrostWords *self, const FrostRunning *agent);
/* For a command without operands: true if there is one, which is reported on standard error. To be
 * called after frost_words_config(). */
bool frost_words_has_operand(const FrostWords *self);
