/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * hook-side.h - one side of one hook: its place in the ledger, and what its end means
 */

#include <glib.h>
#include <stdbool.h>

#include "hook-log.h"
#include "ledger.h"
#include "process.h"
#include "sys.h"

/* What all hooks of a freeze share; borrowed. */
typedef struct {
    FrostSys *sys;
    FrostLedger *ledger;
    FrostHookLog *log;
    GMainContext *context;
    /* (nullable): see FrostHooksConfig */
    void (*heard)(void *user, const char *call, const char *result, const char *output);
    void *heard_user;
} FrostHookPlace;

/* @error: (nullable): only lent. Who ran may be freed in it. */
typedef void (*FrostHookDone)(void *user, const GError *error);

/* "freeze" or "thaw". */
const char *frost_hook_phase(bool thawing);
/* The executable; g_free() it. */
char *frost_hook_side_path(const FrostHookPlace *place, const FrostLedgerHook *hook);

/* How it is started; all 0: as usual. */
typedef struct {
    const char *ready_line;  /* of a holder: by which it says that it holds, */
    FrostProcessReady ready; /* and what is then called */
    bool deaf;               /* to SIGTERM */
} FrostHookStart;
/* Forks for it. NULL: it cannot be started now. */
FrostProcess *frost_hook_side_fork(const FrostHookPlace *place, FrostLedgerHook *hook, bool thawing,
                                   FrostHookStart how, FrostProcessDone done, void *user,
                                   GError **error);
/* It runs: written down first, then let go. */
void frost_hook_side_go(const FrostHookPlace *place, FrostLedgerHook *hook, bool thawing,
                        FrostProcess *process);

void frost_hook_side_note_begin(const FrostHookPlace *place, FrostLedgerHook *hook, bool thawing);
void frost_hook_side_note_pid(FrostLedgerHook *hook, pid_t pid);
/* It has ended so. @note: (nullable): for people */
void frost_hook_side_note(const FrostHookPlace *place, FrostLedgerHook *hook, bool thawing,
                          FrostHookSideResult result, int status, const char *note);
/* The same from how its process has ended, with its output to the logs. @died: a holder that was
 * not told to end. Returns why it counts as failed, or NULL. */
GError *frost_hook_side_end(const FrostHookPlace *place, FrostLedgerHook *hook, bool thawing,
                            const FrostProcessResult *result, bool died);
/* A holder has said that it holds. */
void frost_hook_side_ready(const FrostHookPlace *place, FrostLedgerHook *hook);
/* It could not be started, and is not tried again: nothing is owed. */
void frost_hook_side_give_up(const FrostHookPlace *place, FrostLedgerHook *hook, bool thawing,
                             const GError *why);
/* It must not run: that is written down, and nothing is owed. Returns the error. */
GError *frost_hook_side_refuse(const FrostHookPlace *place, FrostLedgerHook *hook, bool thawing,
                               const char *reason);
