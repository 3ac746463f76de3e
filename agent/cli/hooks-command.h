/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * hooks-command.h - `frost-ga hooks list|run freeze|run thaw`
 */

/* Returns the exit status (cli.h). */
int frost_hooks_run(int argc, char **argv);
