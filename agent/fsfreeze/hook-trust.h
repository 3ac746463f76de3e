/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * hook-trust.h - may this program be run as root?
 */

/**
 * frost_hook_distrust: why not
 * @path: absolute
 *
 * NULL: nobody but root (or, if we are not root, ourselves) can change what would run: neither the
 * file, nor what a link on the way leads to, nor any directory above one of them. Also NULL where
 * something is missing: starting it will tell that better. Else a text for people, which names what
 * others can change; g_free() it.
 */
char *frost_hook_distrust(const char *path);
