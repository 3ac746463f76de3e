/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * account-lines.h - users and groups in the texts of /etc/passwd and /etc/group; pure
 *
 * Lines that are not understood are passed over, as are those that stand for another service ("+").
 */

#include "account.h"

/* (nullable): the first one of this name. */
FrostAccount *frost_account_of_passwd(const char *text, const char *name);
/* Of gid_t, each once; his own group first. */
GArray *frost_groups_of_group(const char *text, const FrostAccount *account);
