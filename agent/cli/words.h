/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * words.h - what is said to a command that understands the agent's options
 *
 * -j and -h are the command's own, wherever they stand; all else is for the agent's command line,
 * or no option at all.
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
    char **operands; /* those of @rest that are no options; known after frost_words_config() */
} FrostWords;

FrostWords frost_words(const char *command);
void frost_words_clear(FrostWords *self);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(FrostWords, frost_words_clear)

/* @word is borrowed. */
void frost_words_take(FrostWords *self, char *word);

/**
 * frost_words_config: the configuration of the agent that is meant
 * @agent: (nullable): the one that is running
 *
 * That of an agent which is started with the options among the words; where there are none, of
 * @agent, as it was started. NULL: they are wrong, which has been told on standard error.
 */
FrostConfig *frost_words_config(FrostWords *self, const FrostRunning *agent);
/* Told on standard error: for a command that expects none. After frost_words_config(). */
bool frost_words_has_operand(const FrostWords *self);
