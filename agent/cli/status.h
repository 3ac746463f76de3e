/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * status.h - `frost-ga status`: shows the last freezes, and what is frozen now
 */

/* @argv: from "status" on. Returns FROST_CLI_OK, FROST_CLI_ERROR or FROST_CLI_NOTHING. */
int frost_status_run(int argc, char **argv);
