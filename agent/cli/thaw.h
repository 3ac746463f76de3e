/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * thaw.h - `frost-ga thaw`: undoes a freeze, whichever of its processes are still alive
 */

/* @argv: from "thaw" on. Returns FROST_CLI_OK if nothing is frozen any more, FROST_CLI_ERROR if
 * something could not be undone, or 2 for a wrong command line. */
int frost_thaw_run(int argc, char **argv);
