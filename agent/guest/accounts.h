/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * accounts.h - looks users up: through the C library's name service, or, in a program that is
 * linked statically, in /etc/passwd and /etc/group
 */

#include "account.h"

/* 0, or a negative errno; -ENOENT: there is no such user. */
int frost_accounts_find(const char *name, FrostAccount **out);
/* All groups of the user, the primary group included; g_free() them. */
gid_t *frost_accounts_groups_of(const FrostAccount *account, int *out_count);
