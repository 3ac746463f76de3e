/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * hooks.h - what runs before the first filesystem is frozen and after the last is thawed
 *
 * A table, so that the transaction can be tested without starting a process. `up` runs the freeze
 * sides, `down` undoes exactly what `up` began, in reverse. Neither blocks the main loop.
 */

#include <glib.h>
#include <stdbool.h>

#include "hook-directory.h"
#include "ledger.h"
#include "sys.h"

#define FROST_HOOK_ERROR (frost_hook_error_quark())

typedef enum {
    FROST_HOOK_ERROR_FAILED,  /* it ended with a status, or by a signal */
    FROST_HOOK_ERROR_START,   /* it could not be started */
    FROST_HOOK_ERROR_TIMEOUT, /* it ran longer than it may */
    FROST_HOOK_ERROR_REFUSED, /* trust forbids it, or there is no room for it */
} FrostHookError;

GQuark frost_hook_error_quark(void);

typedef struct FrostHooks FrostHooks;

/* @error: (nullable): of `up` why the freeze must fail, of `down` for the log; only lent. */
typedef void (*FrostHooksDone)(void *user, const GError *error);

struct FrostHooks {
    /* What runs is written into @ledger before it can run. @done is never called before `up`
     * returns. */
    void (*up)(FrostHooks *self, FrostLedger *ledger, FrostHooksDone done, void *user);
    /* Undoes what @ledger calls begun, also by an earlier process; nothing begun: done at once,
     * from the main loop. Which holder had not held until here is in the ledger when it returns. */
    void (*down)(FrostHooks *self, FrostLedger *ledger, FrostHooksDone done, void *user);
    /* Ends what runs at present; its done is called soon, with an error. */
    void (*cancel)(FrostHooks *self);
    void (*free)(FrostHooks *self);
};

typedef struct {
    FrostHookSource source; /* no path: for `down` only, which knows all from the ledger */
    unsigned timeout_s; /* each side; then its process group gets TERM, and a little later KILL */
    /* (nullable): what a hook has said, as it ends; @call: "10-mysql freeze" */
    void (*heard)(void *user, const char *call, const char *result, const char *output);
    void *heard_user;
    const char *log_path; /* (nullable): where their output goes when nothing is frozen */
} FrostHooksConfig;

/* @config is copied, @sys borrowed. */
FrostHooks *frost_hooks_new(const FrostHooksConfig *config, FrostSys *sys, GMainContext *context);

/* NULL, or the error of a freeze during which a required holder has not held. */
GError *frost_hooks_find_broken(const FrostLedgerData *ledger);
