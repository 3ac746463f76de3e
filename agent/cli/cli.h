/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * cli.h - the commands for people, such as `frost-ga plan`: the first argument is the command
 *
 * qemu-ga ignores arguments that are not options; here, such a first argument may be a command.
 */

#include <stdbool.h>

/* Exit statuses of every command. */
enum {
    FROST_CLI_OK,
    FROST_CLI_ERROR,
    FROST_CLI_NOTHING, /* there is no error, but nothing to report either */
};

/* True if the first argument is the name of a command. */
bool frost_cli_is_command(int argc, char **argv);
/* Runs the command, and returns the exit status. */
int frost_cli_run(int argc, char **argv);
