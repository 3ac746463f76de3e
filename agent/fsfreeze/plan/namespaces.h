/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * namespaces.h - the mount tables of the other mount namespaces
 *
 * No namespace is entered: /proc/PID/mountinfo of any process in it shows its mounts, and
 * /proc/PID/root leads to them.
 */

#include <glib.h>
#include <sys/types.h>

#include "sys.h"

typedef struct {
    pid_t pid;         /* a process in it */
    GPtrArray *mounts; /* of FrostMount */
} FrostNamespace;

/* Returns, of FrostNamespace: all namespaces with a process that /proc shows, except the chosen one
 * (sys.h). With @superblocks (nullable), of FrostSuperblock: only those that show a filesystem on
 * block devices which is not among them. */
GPtrArray *frost_namespaces_other(FrostSys *sys, const GPtrArray *superblocks);

/* Adds to @superblocks, as the newest, the superblocks on block devices that only @others show.
 * @others is borrowed, and has to outlive @superblocks. */
void frost_namespaces_add(FrostSys *sys, const GPtrArray *others, GPtrArray *superblocks);
