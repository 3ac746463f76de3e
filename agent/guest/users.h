/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * users.h - who is logged in: the records of utmp
 */

#include <glib.h>
#include <stddef.h>

typedef struct {
    char *name;
    double login_time_s; /* the earliest of his sessions, since the epoch */
} FrostUser;

/**
 * frost_users_parse:
 * @data: the file; any bytes
 *
 * Returns one FrostUser for each name, in the order of their first records. Half a record at the
 * end, and one without a name, are passed over.
 */
GPtrArray *frost_users_parse(const char *data, size_t length);

/* /var/run/utmp; empty where there is none, or the C library has no such records (musl). */
GPtrArray *frost_users_read(void);
