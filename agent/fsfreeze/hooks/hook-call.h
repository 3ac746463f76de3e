/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * hook-call.h - one call of a hook: starts it, and keeps the ledger and the logs up to date
 */

#include <glib.h>
#include <stdbool.h>

#include "hook-log.h"
#include "ledger-data.h"
#include "process.h"
#include "reply.h"
#include "sys.h"

/* What all calls of a freeze share; all borrowed. */
typedef struct {
    FrostSys *sys;
    FrostLedger *ledger;
    FrostHookLog *log;
    GMainContext *context;
    /* (nullable): see FrostHooksConfig */
    void (*heard)(void *user, const char *call, const char *result, const char *output);
    void *heard_user;
} FrostHookPlace;

/* The path of the hook's executable; g_free() it. */
char *frost_hook_call_path(const FrostHookPlace *place, const FrostLedgerHook *hook);

/* How a call is started; all fields 0: as usual. */
typedef struct {
    const char *ready_line;  /* for a hold hook: it prints this line once it is ready, and then */
    FrostProcessReady ready; /* this is called */
    bool deaf;               /* it ignores SIGTERM */
} FrostHookStart;
/* Starts the hook. Its state and pid are in the ledger before the program runs. NULL, with @error:
 * it cannot be started at this moment. */
FrostProcess *frost_hook_call_start(const FrostHookPlace *place, FrostLedgerHook *hook,
                                    FrostHookPhase phase, FrostHookStart how, FrostProcessDone done,
                                    void *user, GError **error);

/* These three only write into the ledger: that the call begins, ... */
void frost_hook_call_note_begin(const FrostHookPlace *place, FrostLedgerHook *hook,
                                FrostHookPhase phase);
/* ... its process, ... */
void frost_hook_call_note_pid(FrostLedgerHook *hook, pid_t pid);
/* ... and how it has ended. @note: (nullable): for people */
void frost_hook_call_note(const FrostHookPlace *place, FrostLedgerHook *hook, FrostHookPhase phase,
                          FrostHookSideResult result, int status, const char *note);
/* To be called when the hook's process has ended: writes @result into the ledger, clears the pid
 * there, and writes the output into the logs. @died: it is a hold hook that ended before it was
 * told to. Returns the error of a call that failed, or NULL. */
GError *frost_hook_call_end(const FrostHookPlace *place, FrostLedgerHook *hook,
                            FrostHookPhase phase, const FrostProcessResult *result, bool died);
/* To be called when a hold hook is ready. @output: what it has printed before. */
void frost_hook_call_ready(const FrostHookPlace *place, FrostLedgerHook *hook, const char *output);
/* To be called when the hook could not be started, and is not tried again: writes that into the
 * ledger, where the hook is then IDLE. */
void frost_hook_call_give_up(const FrostHookPlace *place, FrostLedgerHook *hook,
                             FrostHookPhase phase, const GError *why);
/* The same for a hook that must not be run, because of @reason. Returns the error. */
GError *frost_hook_call_refuse(const FrostHookPlace *place, FrostLedgerHook *hook,
                               FrostHookPhase phase, const char *reason);
