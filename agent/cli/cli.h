/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * cli.h - commands for a person in the guest: the same program, a word as its first argument
 *
 * qemu-ga passes over arguments that are no options; such a word is the one difference.
 */

#include <stdbool.h>

/* Exit statuses of every command. */
enum {
    FROST_CLI_OK,
    FROST_CLI_ERROR,
    FROST_CLI_NOTHING, /* all is well, but there is nothing to tell of */
};

/* The first argument is exactly the name of a command. */
bool frost_cli_is_command(int argc, char **argv);
/* Runs it; the exit status. */
int frost_cli_run(int argc, char **argv);
