/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * hooks.h - what runs before the first filesystem is frozen and after the last is thawed
 *
 * A table, so that the transaction can be tested without starting a process. `up` runs the freeze
 * side, `down` undoes exactly what `up` began. Neither blocks the main loop.
 */

#include <glib.h>
#include <stdbool.h>

#include "ledger.h"

#define FROST_HOOK_ERROR (frost_hook_error_quark())

typedef enum {
    FROST_HOOK_ERROR_FAILED,  /* it ended with a status, or by a signal */
    FROST_HOOK_ERROR_START,   /* it could not be started */
    FROST_HOOK_ERROR_TIMEOUT, /* it ran longer than it may */
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
     * from the main loop. */
    void (*down)(FrostHooks *self, FrostLedger *ledger, FrostHooksDone done, void *user);
    /* Ends what runs at present; its done is called soon, with an error. */
    void (*cancel)(FrostHooks *self);
    void (*free)(FrostHooks *self);
};

/**
 * frost_hooks_new_single: -F, one executable called with freeze or thaw (protocol 4.6)
 * @path: (nullable): NULL is no hook
 * @timeout_s: after this its process group gets TERM, and a little later KILL
 */
FrostHooks *frost_hooks_new_single(const char *path, unsigned timeout_s, GMainContext *context);
