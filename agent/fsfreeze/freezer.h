/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * freezer.h - the agent's side of the process that freezes
 *
 *   plan in; ledger and events out. The freezer holds the plan's descriptors, syncs, freezes and
 *   thaws on command, and thaws of its own accord when the agent is gone or on SIGTERM. This side
 *   never calls FIFREEZE: where there is no freezer, there is no freeze (design 5).
 *
 * A table, so that the transaction can be tested with a fake.
 */

#include <glib.h>
#include <stdbool.h>

#include "ledger.h"
#include "plan.h"

#define FROST_FREEZER_ERROR (frost_freezer_error_quark())

typedef enum {
    FROST_FREEZER_ERROR_START,    /* it could not be started */
    FROST_FREEZER_ERROR_SYNC,     /* data could not be written out */
    FROST_FREEZER_ERROR_FREEZE,   /* the kernel refused; everything has been thawed again */
    FROST_FREEZER_ERROR_THAW,     /* something could not be thawed, or is still pending */
    FROST_FREEZER_ERROR_NOT_HELD, /* somebody else thawed what was ours */
    FROST_FREEZER_ERROR_LOST,     /* the process has died; the agent has thawed what it could */
} FrostFreezerError;

GQuark frost_freezer_error_quark(void);

typedef enum {
    FROST_FREEZER_READY,    /* after start */
    FROST_FREEZER_SYNCED,   /* after sync */
    FROST_FREEZER_FROZEN,   /* after freeze; count filesystems are held */
    FROST_FREEZER_THAWED,   /* after thaw, or of its own accord: nothing is held; count were */
    FROST_FREEZER_FAILED,   /* of start, sync or freeze: nothing is held */
    FROST_FREEZER_LOST,     /* it died; nothing is held any more; its last event */
    FROST_FREEZER_FINISHED, /* after finish: it has let go of the filesystems; its last event */
} FrostFreezerEventKind;

typedef struct {
    FrostFreezerEventKind kind;
    unsigned count;
    const GError *error; /* of FAILED and LOST; of THAWED where something went wrong */
} FrostFreezerEvent;

typedef void (*FrostFreezerNotify)(void *user, const FrostFreezerEvent *event);

typedef struct FrostFreezer FrostFreezer;

struct FrostFreezer {
    /* Every request is answered by exactly one event, from the main loop. @plan and @ledger are
     * borrowed until finish. The ledger's entries are those of @plan. */
    void (*start)(FrostFreezer *self, const FrostPlan *plan, FrostLedger *ledger,
                  FrostFreezerNotify notify, void *user);
    /* Takes over what an earlier freezer left frozen: READY, and then only thaw is expected. */
    void (*adopt)(FrostFreezer *self, FrostLedger *ledger, FrostFreezerNotify notify, void *user);
    void (*sync)(FrostFreezer *self);
    void (*freeze)(FrostFreezer *self);
    void (*thaw)(FrostFreezer *self);
    /* The hooks are undone: the process may go. FINISHED comes when it has, so that a filesystem
     * can be unmounted once the host has its answer; or after a second, if the kernel does not
     * let it go yet. */
    void (*finish)(FrostFreezer *self);
    void (*free)(FrostFreezer *self);
};

/* How long a freezer may be silent before it is killed, milliseconds; beyond the limits of the
 * freeze, which it keeps itself. */
typedef struct {
    unsigned start_ms;  /* until a program that is started is ready, on a machine short of all */
    unsigned rounds_ms; /* until the last round of a sync begins */
    unsigned life_ms;   /* to show that it has heard of a thaw, or to keep a deadline */
} FrostFreezerPatience;

/* The real one: freezer-process.h behind a socket pair. @sys is borrowed: for what has to be looked
 * at when the process is lost. */
FrostFreezer *frost_freezer_new(FrostSys *sys, GMainContext *context);
FrostFreezer *frost_freezer_new_with(FrostSys *sys, GMainContext *context,
                                     FrostFreezerPatience patience);
