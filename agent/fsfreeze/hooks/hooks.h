/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * hooks.h - runs the hooks: before the first filesystem is frozen, and after the last is thawed
 *
 * It is a table so that the transaction can be tested without starting a process. `up` calls all
 * hooks to freeze. `down` undoes exactly those that `up` has begun, in reverse order. Neither
 * blocks the main loop.
 */

#include <glib.h>
#include <stdbool.h>

#include "child-setting.h"
#include "hook-directory.h"
#include "ledger-data.h"
#include "sys.h"

typedef struct FrostHooks FrostHooks;

/* @error: (nullable, borrowed): from `up`: the freeze must fail; from `down`: for the log. */
typedef void (*FrostHooksDone)(void *user, const GError *error);

struct FrostHooks {
    /* Writes each hook into @ledger before it can run. Calls @done after it has returned. */
    void (*up)(FrostHooks *self, FrostLedger *ledger, FrostHooksDone done, void *user);
    /* Undoes every hook that @ledger has as begun, also by an earlier process, and then calls @done
     * from the main loop. When it returns, a hold hook that had ended too early is DIED in the
     * ledger. */
    void (*down)(FrostHooks *self, FrostLedger *ledger, FrostHooksDone done, void *user);
    /* Ends the hook that runs; the done of `up` or `down` is called soon, with an error. */
    void (*cancel)(FrostHooks *self);
    void (*free)(FrostHooks *self);
};

typedef struct {
    FrostHookSource source; /* may be empty for `down`, which takes the hooks from the ledger */
    unsigned timeout_s; /* for each call; then its process group gets SIGTERM, and later SIGKILL */
    const FrostChildSetting *setting; /* (nullable: the usual one) */
    /* (nullable): called with the output of a hook when it ends, and when a hold hook is ready.
     * @call: "10-mysql freeze" */
    void (*heard)(void *user, const char *call, const char *result, const char *output);
    void *heard_user;
    const char *log_path; /* (nullable): the file for their output */
} FrostHooksConfig;

/* Copies @config, borrows @sys. */
FrostHooks *frost_hooks_new(const FrostHooksConfig *config, FrostSys *sys, GMainContext *context);

/* Writes @config into the ledger, so that a later agent, or a recovery, undoes the hooks in the
 * same way. */
void frost_hooks_note_terms(const FrostHooksConfig *config, FrostLedgerData *data);

/* The error of a freeze during which a required hold hook died; NULL: none did. */
GError *frost_hooks_find_broken(const FrostLedgerData *ledger);
