/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * database-servers.h - finds the database servers that run on this machine, also in containers
 *
 * The rule is that of the ready-made hooks (packaging/hooks/servers.sh): a process is a server if
 * the account of a service runs it from a file of the package. Its name or title does not count, as
 * any user can give a process any name.
 */

#include <glib.h>
#include <stdbool.h>
#include <sys/types.h>

#include "database-kind.h"
#include "sys.h"

typedef struct {
    const FrostDatabaseKind *kind;
    pid_t pid;
    bool is_apart; /* it runs in a container */
} FrostDatabaseServer;

/* Returns: of FrostDatabaseServer, the lowest pid first; free with g_array_unref(). Without root,
 * it only finds servers of our own user. */
GArray *frost_database_servers(FrostSys *sys);
