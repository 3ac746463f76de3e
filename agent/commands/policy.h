/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * policy.h - the lists of allowed and blocked commands, as an administrator writes them
 *
 * An item is the name of a command, the name of a family (`exec`, `file`), or a glob on the names
 * of commands, with or without their "guest-" (`ssh-*`, `guest-set-*`).
 */

#include <glib.h>
#include <stdbool.h>

/**
 * frost_policy_expand:
 * @items: (array zero-terminated=1): as in the configuration
 * @out_unmatched: (transfer full) (array zero-terminated=1): the items that match no command, for a
 *   message to the administrator
 *
 * Returns the names of the commands, g_strfreev() it. An item that matches none is kept as it is: a
 * list of allowed commands that has nothing but mistakes must not become empty, as an empty one
 * allows all. Also knows commands that were not built.
 */
char **frost_policy_expand(const char *const *items, char ***out_unmatched);
