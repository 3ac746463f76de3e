/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * pg-hba.h - how a PostgreSQL server authenticates clients on its unix socket
 */

#include <stdbool.h>
#include <sys/types.h>

#include "sys.h"

/* True if its pg_hba.conf requires the name of the system account (peer), without a map: root can
 * then only connect as a database user called root. @pid: the server's first process. */
bool frost_pg_hba_wants_peer(FrostSys *sys, pid_t pid);
