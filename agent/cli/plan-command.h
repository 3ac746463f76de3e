/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * plan-command.h - `frost-ga plan`: what a freeze would do
 */

int frost_plan_run(int argc, char **argv);
