/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * rights.h - the agent gives up those of root's rights that nothing it does can need
 *
 *   ALL -- the start, if what it needs is limited --> LIMITED, for good
 *
 * It stays the user root, and keeps some capabilities. The freezer, its heir, and the programs of
 * the system that the agent starts (shutdown, hwclock) begin with the same. Hooks and programs that
 * the host chooses may need anything: an agent that may start one stays in ALL. One that starts no
 * program at all, and looks into no other mount namespace, also keeps to known files
 * (known-files.h).
 */

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

typedef struct {
    uint64_t commands;     /* capabilities that the commands need (command-rights.h) */
    const char *unlimited; /* (nullable): what may need any right */
    bool starts_programs;  /* if not, no program's file can add rights, either */
    bool sees_namespaces;  /* it looks below /proc/PID/root, and enters mount namespaces */
    bool reads_kernel_log; /* while filesystems are frozen (restore-watch.h) */
    const char *statedir;  /* where it must be able to write */
    const char *pidfile;   /* (nullable): that it removes in the end */
} FrostRightsNeeds;

/* The capabilities to keep; all of them if something may need any. */
uint64_t frost_rights_needed(const FrostRightsNeeds *needs);

/**
 * frost_rights_limit: gives up all rights but these, for this thread and those that it creates
 * later
 * @kept: frost_rights_needed()
 *
 * Does nothing if something may need any, or where the agent is not the user root: what it has then
 * was chosen for it. False: the kernel has refused a part; the error names it, and the agent has
 * the rest still.
 */
bool frost_rights_limit(const FrostRightsNeeds *needs, uint64_t kept, GError **error);

/* "SYS_ADMIN, SYS_TIME", or "all" for those of this kernel; g_free() it. */
char *frost_rights_describe(uint64_t capabilities);
