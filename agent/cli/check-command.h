/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * check-command.h - `frost-ga check`: finds what could make a freeze fail
 */

/* Returns the exit status (cli.h). */
int frost_check_run(int argc, char **argv);
