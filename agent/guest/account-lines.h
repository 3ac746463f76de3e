/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * account-lines.h - finds users and groups in the texts of /etc/passwd and /etc/group; pure
 *
 * Lines that cannot be parsed are ignored, and so are those that refer to another service ("+").
 */

#include "account.h"

/* (nullable): the first user called @name. */
FrostAccount *frost_account_of_passwd(const char *text, const char *name);
/* Of gid_t: the groups of the user, the primary group first, each once. */
GArray *frost_groups_of_group(const char *text, const FrostAccount *account);
