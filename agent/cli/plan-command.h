/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * plan-command.h - `frost-ga plan`: shows what a freeze would do
 */

/* Returns the exit status (cli.h). */
int frost_plan_run(int argc, char **argv);
