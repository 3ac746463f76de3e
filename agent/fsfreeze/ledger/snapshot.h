/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * snapshot.h - a copy of what the ledger says at one moment
 *
 * Reading takes no lock and writes nothing, so it does not disturb the agent, the freezer or a
 * recovery. What it says may have changed since.
 */

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "ledger-data.h"

/* What is said of a ledger of another version, and the way out. */
#define FROST_LEDGER_FOREIGN                                                                    \
    "it is of another version of frost-ga, and not read. What that version has left frozen is " \
    "thawed by its own frost-ga thaw, or by fsfreeze --unfreeze for each mount point. Once "    \
    "nothing is frozen, remove the file"

typedef enum {
    FROST_SNAPSHOT_IDLE, /* there is no ledger, or it is of an earlier boot, or all is undone */
    FROST_SNAPSHOT_UNDER_WAY, /* a freeze has begun or is being undone; it holds no filesystem */
    FROST_SNAPSHOT_FROZEN,    /* a filesystem is frozen, or may become so at any moment */
    FROST_SNAPSHOT_UNKNOWN,   /* see reason */
} FrostSnapshotState;

typedef struct {
    FrostSnapshotState state;
    char *reason;            /* if UNKNOWN: why, for people */
    GPtrArray *mount_points; /* of char *: the filesystems that are held; may be cut off */
    pid_t mounts_of;         /* the process whose mount table has these names; 0: the agent's */
    char *id; /* of FROZEN and UNDER_WAY: the word that names the freeze, else NULL */
    int64_t freeze_begun_us; /* when the first FIFREEZE was called, CLOCK_BOOTTIME; 0: not yet */
    int64_t deadline_us;     /* of FROZEN: when a limit ends it, the same clock; 0: never */
    pid_t freezer_pid; /* of the last freeze; 0: none. It may have exited, and another process */
    uint64_t freezer_start;  /* may have its pid: compare frost_process_start_time() */
    bool hook_owed;          /* a hook was called with freeze, and its thaw call has not ended */
    bool hook_failed;        /* a thaw call of a hook failed, or could not be made */
    FrostLedgerData *ledger; /* of FROZEN and UNDER_WAY: a copy as it was read, else NULL */
} FrostSnapshot;

/**
 * frost_ledger_snapshot: reads the ledger of @statedir; never fails
 *
 * If the ledger shows no freeze, but /proc/locks shows a lock on it, the state is UNKNOWN: the lock
 * is taken before planning, and even if the ledger itself is kept in memory.
 */
FrostSnapshot *frost_ledger_snapshot(const char *statedir);
/* The same of a ledger that is mapped; NULL: of none, IDLE. Its lock is not looked for, and its
 * text not kept. */
FrostSnapshot *frost_snapshot_of_ledger(const FrostLedgerData *data);
void frost_snapshot_free(FrostSnapshot *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(FrostSnapshot, frost_snapshot_free)

/* "idle", "under-way", "frozen", "unknown" */
const char *frost_snapshot_state_name(FrostSnapshotState state);

/* True if @locks, the text of /proc/locks, shows that a process holds a flock() on this file. */
bool frost_locks_name(const char *locks, unsigned major, unsigned minor, uint64_t inode);
