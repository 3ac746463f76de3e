/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * users.h - the users that are logged in, from the records of utmp and the sessions of logind
 */

#include <glib.h>
#include <stddef.h>

typedef struct {
    char *name;
    double login_time_s; /* of the user's first session, since the epoch */
} FrostUser;

/**
 * frost_users_parse:
 * @data: the file; may be any bytes
 *
 * Returns: of FrostUser, one for each name, in the order of their first records. A record without a
 * name, and an incomplete one at the end, are ignored.
 */
GPtrArray *frost_users_parse(const char *data, size_t length);

/**
 * frost_users_read:
 * @root: the directory that stands for "/": "" is the real one
 *
 * Reads /var/run/utmp, which systems with musl and newer systems do not have, and the sessions of
 * logind. A user who is in both is listed once. The list is empty if there is neither.
 */
GPtrArray *frost_users_read(const char *root);
