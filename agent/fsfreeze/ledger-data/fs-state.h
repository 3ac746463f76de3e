/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * fs-state.h - the states of one filesystem in a freeze, and the arrows between them
 *
 * The diagram is exact: frost_fs_state_may_become() allows these arrows and no others, and the
 * unit test fs-state compares the two. Every arrow is a compare-and-swap (frost_ledger_step()).
 * So several processes may thaw at once, and each successful FIFREEZE still gets exactly one
 * FITHAW.
 *
 *   OPEN -> FREEZING            a worker is about to call FIFREEZE
 *   FREEZING -> FROZEN          FIFREEZE has succeeded
 *   FREEZING -> FOREIGN         FIFREEZE fails: another program has frozen the filesystem
 *   FREEZING -> UNSUPPORTED     FIFREEZE fails: this type cannot be frozen, only synced
 *   FREEZING -> FAILED          FIFREEZE fails for another reason
 *   FREEZING -> ABANDONED       a thaw begins meanwhile; the worker thaws once FIFREEZE returns
 *   ABANDONED -> THAWING        FIFREEZE has succeeded: the same worker is about to call FITHAW
 *   ABANDONED -> FOREIGN        FIFREEZE fails, as above
 *   ABANDONED -> UNSUPPORTED
 *   ABANDONED -> FAILED
 *   FROZEN -> THAWING           a worker is about to call FITHAW
 *   THAWING -> THAWED           FITHAW has succeeded
 *   THAWING -> LOST             FITHAW fails with EINVAL: another program has thawed it
 *   THAWING -> STUCK            FITHAW fails otherwise
 *   STUCK -> FROZEN             it will be tried again
 *
 * When the freeze is begun once more, one filesystem at a time (sequencer.h):
 *
 *   THAWED -> OPEN
 *   LOST -> OPEN                another program had thawed it meanwhile
 *
 * When the worker's process has died, and the kernel has ended the worker's thread:
 *
 *   FREEZING -> FROZEN          it may be frozen; FITHAW will show
 *   ABANDONED -> FROZEN
 *   THAWING -> FROZEN
 *
 * When no descriptor of it can be opened, because another program has thawed and unmounted it:
 *
 *   FREEZING -> LOST
 *   ABANDONED -> LOST
 *   FROZEN -> LOST
 *   STUCK -> LOST
 */

#include <stdbool.h>

typedef enum {
    FROST_FS_OPEN,
    FROST_FS_FREEZING,
    FROST_FS_ABANDONED,
    FROST_FS_FROZEN,
    FROST_FS_FOREIGN,     /* EBUSY: another program has frozen it; we never thaw it */
    FROST_FS_UNSUPPORTED, /* EOPNOTSUPP: only synced */
    FROST_FS_FAILED,      /* see error */
    FROST_FS_THAWING,
    FROST_FS_THAWED,
    FROST_FS_LOST,  /* it was no longer frozen when we thawed it */
    FROST_FS_STUCK, /* FITHAW failed, see error: it is still frozen */
} FrostFsState;

#define FROST_FS_STATES (FROST_FS_STUCK + 1)

/* True if an arrow leads from @from to @to. */
bool frost_fs_state_may_become(FrostFsState from, FrostFsState to);

/* True if a filesystem in @state is frozen by us, or may become so: a thread is inside FIFREEZE or
 * FITHAW on it. */
bool frost_fs_state_is_held(FrostFsState state);
