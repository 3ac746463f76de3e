/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * known-files.h - the agent can make, remove and execute no file but those that it needs
 *
 * By Landlock (landlock.h): it executes only itself, as the freezer. For an agent that starts no
 * program, as programs would be under the same rules, and that need not look below /proc/PID/root
 * of others, which the rules forbid.
 */

/**
 * frost_known_files_limit: for this thread and those that it creates later, for good
 * @folders: NULL-terminated; in these it can make and remove files. One that is missing is left out
 *
 * 0, or a negative errno: nothing is limited.
 */
int frost_known_files_limit(const char *const *folders);
