/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * command-name.h - whether a command line calls a command or starts an agent
 */

/* The index in FROST_CLI_COMMANDS of the command that the first argument names; -1: it names none.
 */
int frost_cli_find_command(int argc, char **argv);
