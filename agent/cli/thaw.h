/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * thaw.h - `frost-ga thaw`: undoes a freeze, whoever is left of those that made it
 */

/* @argv: from "thaw" on. The exit status: FROST_CLI_OK when nothing is frozen any more,
 * FROST_CLI_ERROR when something could not be undone, or 2 for a wrong call. */
int frost_thaw_run(int argc, char **argv);
