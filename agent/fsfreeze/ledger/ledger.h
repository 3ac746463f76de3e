/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * ledger.h - the file that records what a freeze has begun and must undo
 *
 * The ledger is a small file in the state directory. The agent and the freezer map it. It survives
 * both, and needs no write call while filesystems are frozen. All its blocks are reserved first, as
 * a store to a page for which a tmpfs has no room would be a SIGBUS.
 *
 * A lock on the file (flock) shows that a process works with it: the agent, from planning until all
 * is undone, or the freezer, which inherits the agent's open file. The lock is free once both
 * processes are gone, even if the kernel still has a thread of the freezer inside FIFREEZE: the
 * workers close their descriptors of the lock, and the mapping is of a second open file. So the
 * next agent can take the lock, and thaw at once; the ledger names that thread and its filesystem
 * (leftovers.h). If the kernel gives threads no descriptor table of their own
 * (FROST_DEGRADED_OWN_DESCRIPTORS), the lock stays until the thread ends.
 *
 * ledger-data.h has the content. A reader trusts nothing in the file: it may be of an earlier boot
 * (then nothing is frozen) or of another version of frost-ga (then it is left alone).
 */

#include <glib.h>

#include "ledger-data.h"
#include "ledger-error.h"

/**
 * frost_ledger_open: opens and locks the ledger of @statedir, and creates it if there is none
 *
 * Content of an earlier boot is cleared. Content of this boot is kept: see
 * frost_ledger_is_active(). If the state directory cannot be written, or the ledger is of another
 * version, the result is a ledger in memory, and a warning is logged; but NULL, with an error, if
 * the file can be read and an earlier freeze has left something in it.
 *
 * Returns NULL with FROST_LEDGER_ERROR_HELD if another process has the lock.
 */
FrostLedger *frost_ledger_open(const char *statedir, GError **error);
/* The same, but blocks until the lock is free. Not for the main loop. */
FrostLedger *frost_ledger_open_wait(const char *statedir, GError **error);
/* Opens the ledger without its lock, for a single atomic store. Returns NULL if there is no ledger
 * of this version and this boot; it neither creates a file nor a ledger in memory. */
FrostLedger *frost_ledger_open_beside(const char *statedir);
void frost_ledger_free(FrostLedger *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(FrostLedger, frost_ledger_free)

/* One filesystem of a new freeze. */
typedef struct {
    int fd;
    unsigned level;
    unsigned turn;
    bool sync_only; /* it is synced, and no freeze is tried */
    dev_t mount_dev;
    dev_t device;
    const char *mount_point;
    const char *fs_type;
    const char *source;  /* (nullable) */
    const char *serials; /* (nullable) */
} FrostLedgerEntry;

/**
 * frost_ledger_begin: begins a freeze: clears the ledger, enters @entries, and makes it active
 * @entries: of FrostLedgerEntry, in the order of the plan; copied
 * @now_us: CLOCK_BOOTTIME
 *
 * Reserves all the space that the freeze needs. Moves the ledger to memory, with a warning, if the
 * state directory has no room, or will itself be frozen.
 *
 * Fails with FROST_LEDGER_ERROR_IO if there is no room anywhere.
 */
bool frost_ledger_begin(FrostLedger *self, const GArray *entries, int64_t now_us, GError **error);
