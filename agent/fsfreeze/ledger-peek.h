/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * ledger-peek.h - what the ledger says, for somebody who only wants to know
 *
 * Takes no lock and changes nothing: the agent, the freezer and a recovery do not notice. What is
 * told was true when it was read.
 */

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

typedef enum {
    FROST_PEEK_IDLE,      /* no freeze: no ledger, one of an earlier boot, or all is undone */
    FROST_PEEK_UNDER_WAY, /* a freeze has begun or is being undone; nothing is frozen by it */
    FROST_PEEK_FROZEN,    /* something is frozen, or may be at any moment */
    FROST_PEEK_UNKNOWN,   /* see reason */
} FrostPeekState;

typedef struct {
    FrostPeekState state;
    char *reason;            /* of UNKNOWN, for people */
    GPtrArray *mount_points; /* of char *: what is held, cut off as in the ledger */
    pid_t mounts_of;         /* the process that calls them so; 0: the agent */
    int64_t freeze_begun_us; /* of FROZEN: the first FIFREEZE, CLOCK_BOOTTIME; 0 before it */
    pid_t freezer_pid;       /* of the last freeze; 0: none. It may be long gone, and its pid */
    uint64_t freezer_start;  /* that of another: frost_process_start_time() tells */
    bool hook_owed;          /* the freeze side of one has begun, its thaw side has not ended */
    bool hook_failed;        /* the thaw side of one has ended badly, or could not be started */
} FrostPeek;

/**
 * frost_ledger_peek:
 *
 * Where the ledger says nothing of a freeze, the lock on it is looked up in /proc/locks: it is held
 * from planning on, also when the ledger itself had to be kept in memory. Then the state is
 * UNKNOWN.
 */
FrostPeek *frost_ledger_peek(const char *statedir);
void frost_peek_free(FrostPeek *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(FrostPeek, frost_peek_free)

/* "idle", "under-way", "frozen", "unknown" */
const char *frost_peek_state_name(FrostPeekState state);

/* Whether @locks, in the form of /proc/locks, has a lock by flock() on this file; pure. */
bool frost_locks_name(const char *locks, unsigned major, unsigned minor, uint64_t inode);
