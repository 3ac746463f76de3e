/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * status.h - `frost-ga status`: the last freezes, and whether something is frozen now
 */

/* @argv: from "status" on. The exit status: FROST_CLI_OK, FROST_CLI_ERROR or FROST_CLI_NOTHING. */
int frost_status_run(int argc, char **argv);
