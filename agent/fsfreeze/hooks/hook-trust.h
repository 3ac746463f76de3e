/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * hook-trust.h - whether a program may be run as root
 */

/**
 * frost_hook_distrust: why the program at @path must not be run
 * @path: absolute
 *
 * Returns NULL if only root can change or replace what would run (root, or the agent's own user if
 * that is not root). That is checked for the file, for each link on the path and its target, for
 * all folders above these, and for the interpreter in the first line of a script. Others may have
 * write access to a sticky folder of root, such as a store of packages, if the path goes on below
 * it; what is in it must then belong to root. Also returns NULL if something is missing that only
 * root can create: the start will fail with a better error.
 *
 * Otherwise returns a text for people that names what others can change; g_free() it.
 *
 * Not checked: rights that only the server of a network filesystem knows, and the program that
 * env(1) looks up in PATH.
 */
char *frost_hook_distrust(const char *path);
