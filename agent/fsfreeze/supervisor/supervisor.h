/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * supervisor.h - the agent's side of the freezer: starts it, talks to it, and replaces a lost one
 *
 * The freezer gets the descriptors in the ledger; it syncs, freezes and thaws on command, and thaws
 * by itself when the agent is gone or on SIGTERM. The agent never calls FIFREEZE: where there is no
 * freezer, there is no freeze.
 *
 * The states, what leads from one to another, and the event that comes of it:
 *
 *   SERVED  -> RESCUED   the link ends, or the freezer has no thread    none yet
 *                        left; something is held
 *           -> SERVED    the link ends, nothing is held                 LOST, or FAILED; or THAWED,
 *                                                                       if that is awaited
 *   RESCUED -> SERVED    the rescuer has thawed all                     LOST; it may go
 *           -> SERVED    the same, and a thaw is awaited                THAWED; it stays
 *           -> SERVED    it has thawed what it could, and stays         REPLACED
 *           -> RESCUED   as from SERVED                                 three times at most
 *           -> SERVED    no rescuer can be started, or the last is lost LOST, or FAILED
 *
 * A rescuer is a freezer over the same ledger that is only asked to thaw. It also waits for what
 * threads of the lost one are still at (leftovers.h), and thaws that when the kernel lets go of it;
 * so late returns cost no rescuers. A freezer that is lost, or given up, no longer owns the ledger
 * (ledger-data.h) and is killed.
 *
 * What the kernel does not give back (a thread inside FIFREEZE or FITHAW, a filesystem that it
 * refuses to thaw) delays an answer by some seconds at most. The event then comes while
 * frost_ledger_holds(), with an error that names the filesystem, or a failure's. The freezer stays
 * with it: a thaw may be asked again at any time, and SETTLED comes once nothing is held any more,
 * unless the answer to such a thaw says so first. It must not be told to finish before.
 *
 * A table, so that the transaction can be tested with a fake.
 */

#include <glib.h>
#include <stdbool.h>

#include "freezer-watchdog.h"
#include "ledger-data.h"
#include "sys.h"

typedef enum {
    FROST_FREEZER_READY,    /* after start */
    FROST_FREEZER_SYNCED,   /* after sync */
    FROST_FREEZER_FROZEN,   /* after freeze; count filesystems are held */
    FROST_FREEZER_THAWED,   /* after thaw, or of its own accord: all that can be is; count were */
    FROST_FREEZER_FAILED,   /* of start, sync or freeze: all that can be is thawed */
    FROST_FREEZER_REPLACED, /* it died; another one has thawed what can be, and stays for the rest
                             */
    FROST_FREEZER_SETTLED,  /* of its own accord: what was left to the kernel is thawed, too */
    FROST_FREEZER_LOST,     /* it died, and there is no other; its last event */
    FROST_FREEZER_FINISHED, /* after finish: it has let go of the filesystems; its last event */
} FrostFreezerEventKind;

typedef struct {
    FrostFreezerEventKind kind;
    unsigned count;
    const GError *error; /* of FAILED, REPLACED, LOST; of THAWED where something went wrong */
} FrostFreezerEvent;

typedef void (*FrostFreezerNotify)(void *user, const FrostFreezerEvent *event);

typedef struct FrostSupervisor FrostSupervisor;

struct FrostSupervisor {
    /* Every request is answered by exactly one event, from the main loop. @ledger is
     * borrowed until finish, and so are the descriptors in it. */
    void (*start)(FrostSupervisor *self, FrostLedger *ledger, FrostFreezerNotify notify,
                  void *user);
    /* Before adopt, and before descriptors in the ledger change: a freezer of this agent that still
     * lives has no say any more, and is killed. No event of it comes. */
    void (*retire)(FrostSupervisor *self);
    /* Takes over what an earlier freezer left frozen, or left to the kernel: READY, and then only
     * thaw is expected. */
    void (*adopt)(FrostSupervisor *self, FrostLedger *ledger, FrostFreezerNotify notify,
                  void *user);
    void (*sync)(FrostSupervisor *self);
    void (*freeze)(FrostSupervisor *self);
    void (*thaw)(FrostSupervisor *self);
    /* The hooks are undone: the process may go. FINISHED comes when it has closed the filesystems,
     * so that they can be unmounted once the host has its answer; or after a second, when one that
     * still has not is given up. The process ends after whatever is done about FINISHED. */
    void (*finish)(FrostSupervisor *self);
    /* Puts back what a freezer that is gone has left turned of the disks, as @ledger says
     * (knob-restorer.h). Neither waited for nor answered. */
    void (*restore)(FrostSupervisor *self, const FrostLedger *ledger);
    void (*free)(FrostSupervisor *self);
};

/* The real one: freezer-main.h behind a socket pair. @sys is borrowed: for what has to be looked
 * at when the process is lost. */
FrostSupervisor *frost_supervisor_new(FrostSys *sys, GMainContext *context);
FrostSupervisor *frost_supervisor_new_with(FrostSys *sys, GMainContext *context,
                                           FrostFreezerPatience patience);
