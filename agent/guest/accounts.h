/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * accounts.h - where users are looked up: by the C library, in whatever the machine is set up to
 * ask, or, in a program that is linked statically, in /etc/passwd and /etc/group
 */

#include "account.h"

/* 0; -ENOENT: there is no such user. */
int frost_accounts_find(const char *name, FrostAccount **out);
/* All groups that he is in, his own included; g_free() them. */
gid_t *frost_accounts_groups_of(const FrostAccount *account, int *out_count);
