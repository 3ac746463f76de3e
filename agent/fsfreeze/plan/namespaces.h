/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * namespaces.h - the mount tables of the other mount namespaces
 *
 * /proc/PID/mountinfo of any process in a namespace shows its mounts, and /proc/PID/root leads to
 * them. Where no process is in it, but the kernel lists it, a thread of ours takes the place of
 * one. No device is mounted for it: if its last mount had just gone, that would replay the journal
 * of a disk that may be another machine's by now.
 */

#include <glib.h>
#include <sys/types.h>

#include "sys.h"

typedef struct {
    FrostSys *sys;
    pid_t pid;         /* a process in it, or our thread */
    int door;          /* -1, or the descriptor that keeps our thread there */
    char *name;        /* what mount points begin with for people: "/proc/77/root", or
                          "mnt:[4026532299]", which no process leads to, but nsenter may */
    GPtrArray *mounts; /* of FrostMount */
} FrostNamespace;

/* Returns, of FrostNamespace: all namespaces that /proc or the kernel's own list shows, except the
 * chosen one (sys.h). With @superblocks (nullable), of FrostSuperblock: only those that show a
 * filesystem on block devices which is not among them. */
GPtrArray *frost_namespaces_other(FrostSys *sys, const GPtrArray *superblocks);

/* Adds to @superblocks, as the newest, the superblocks on block devices that only @others show.
 * @others is borrowed, and has to outlive @superblocks. */
void frost_namespaces_add(FrostSys *sys, const GPtrArray *others, GPtrArray *superblocks);
