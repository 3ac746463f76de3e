/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * transaction-state.h - the states of a freeze, from the request to the last undo
 *
 *   THAWED -> PLANNING -> STARTING -> SYNCING -> HOOKS -> RESYNCING -> FREEZING -> FROZEN
 *     ^                                                                              |
 *     +-------- CLOSING <- (REMAINING <-) UNDOING (the hooks) <- THAWING <-----------+
 *
 * All arrows, and what takes each:
 *
 *   THAWED     -> PLANNING    a freeze is asked for
 *              -> ADOPTING    the same, or the start; the ledger calls something held
 *              -> UNDOING     the same; the ledger calls hooks not undone
 *              -> ELSEWHERE   at the start: a process of an earlier agent has the ledger
 *   ELSEWHERE  -> THAWED      it has left nothing, or a release does not wait for it
 *              -> ADOPTING    it has left something held
 *              -> UNDOING     it has left hooks that are not undone
 *   ADOPTING   -> FROZEN      a new freezer has what is held; or none could be started
 *              -> REMAINING   the same, and the hooks had been undone before
 *              -> UNDOING     it was told to thaw by a signal; or is lost, perhaps before it was
 *                             ready, and another has thawed
 *   PLANNING   -> STARTING    what is to be frozen is open
 *              -> THAWED      it cannot be planned, or the freeze is cut off
 *   STARTING   -> SYNCING     the freezer is ready
 *              -> THAWING     a release, or the freeze is cut off
 *              -> UNDOING     the freezer has failed, is lost, or is not sealed as it must be
 *   SYNCING    -> HOOKS       all is synced
 *              -> THAWING     a release, or the freeze is cut off
 *              -> UNDOING     the freezer has failed, is lost, or was told to thaw by a signal
 *   HOOKS      -> RESYNCING   the freeze hooks have run
 *              -> UNDOING     one of them has failed, or was cut off by any of the above
 *   RESYNCING  -> FREEZING    all is synced again
 *              -> THAWING     a release, or the freeze is cut off
 *              -> UNDOING     as from SYNCING; or a hook that holds has ended
 *   FREEZING   -> FROZEN      all is held; or the freezer is lost, and nobody could thaw
 *              -> THAWING     a release, or the freeze is cut off
 *              -> UNDOING     as from SYNCING; or there was nothing to freeze
 *   FROZEN     -> THAWING     a thaw is asked for, or a release
 *              -> UNDOING     a limit has passed, the freezer was told to thaw or is lost
 *              -> ADOPTING    the same as THAWING, without a freezer; now and then tried unasked
 *   THAWING    -> UNDOING     nothing is held, or what is cannot be thawed now
 *              -> FROZEN      the freezer is lost, and nobody could thaw
 *              -> REMAINING   the same, and the hooks had been undone before
 *   UNDOING    -> CLOSING     the hooks are undone; the freezer lets go of the filesystems
 *              -> THAWED      the same, without a freezer
 *              -> REMAINING   the same, and something is held: the kernel refuses to thaw it, or is
 *                             still freezing it
 *   REMAINING  -> CLOSING     nothing is held any more
 *              -> THAWED      the same, without a freezer
 *              -> THAWING     a thaw is asked for, or a release
 *              -> ADOPTING    the same, without a freezer; now and then tried unasked
 *   CLOSING    -> THAWED      the freezer has let go
 */

#include <stdbool.h>

typedef enum {
    FROST_STATE_THAWED,
    FROST_STATE_ELSEWHERE,
    FROST_STATE_ADOPTING,
    FROST_STATE_PLANNING,
    FROST_STATE_STARTING,
    FROST_STATE_SYNCING,
    FROST_STATE_HOOKS,
    FROST_STATE_RESYNCING,
    FROST_STATE_FREEZING,
    FROST_STATE_FROZEN,
    FROST_STATE_THAWING,
    FROST_STATE_UNDOING,
    FROST_STATE_REMAINING,
    FROST_STATE_CLOSING,
} FrostTransactionState;

/* "thawed". */
const char *frost_transaction_state_name(FrostTransactionState state);
/* What a freeze that is not answered yet is doing then, for people: "writing out". */
const char *frost_transaction_state_doing(FrostTransactionState state);
/* The drawing has this arrow. */
bool frost_transaction_state_leads(FrostTransactionState from, FrostTransactionState to);
