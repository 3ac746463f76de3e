/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * running.h - the agents that run in this machine, as /proc shows them
 */

#include <glib.h>
#include <stdbool.h>
#include <sys/types.h>

#include "sys.h"

typedef struct {
    pid_t pid;
    char *program; /* the name of its executable */
    char **argv;   /* as it was started */
    bool is_ours;  /* this very program, or one of its name */
} FrostRunning;

/* Of FrostRunning, frost-ga's and qemu-ga's, lowest pid first; neither freezers nor commands. */
GPtrArray *frost_running_agents(FrostSys *sys);
/* The first of @agents that is a frost-ga; (nullable). */
const FrostRunning *frost_running_ours(const GPtrArray *agents);

/* The first that is a frost-ga and has the mounts of this process: its paths are ours; (nullable).
 */
const FrostRunning *frost_running_beside(FrostSys *sys, const GPtrArray *agents);

/* "qemu-ga (pid 12)": who has this device node open; NULL: nobody that can be seen. g_free() it. */
char *frost_running_holder_of(FrostSys *sys, const char *node, pid_t except);
