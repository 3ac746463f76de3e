/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * check-command.h - `frost-ga check`: would a freeze go well?
 */

int frost_check_run(int argc, char **argv);
