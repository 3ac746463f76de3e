/* SPDX-License-Identifier: MIT */
#include "person.h"

#include <stdlib.h>

#include "calls.h"
#include "disk-calls.h"
#include "holder.h"
#include "hooks.h"
#include "ledger.h"
#include "planner.h"
#include "supervisor.h"
#include "transaction.h"

#define STATEDIR "/run/frost"
/* As frost-ga thaw. */
#define WAIT_S 60

static void
on_finished(void *user, const FrostRecord *record)
{
}

static void
on_frozen_changed(void *user, bool frozen)
{
}

static void
on_released(void *user, unsigned count, const GError *error)
{
    bool *released = user;

    *released = true;
}

/* As takeover.c. */
static void
take_over(GMainContext *context)
{
    const FrostHooksConfig none = {.timeout_s = 0};
    FrostSys sys = disks_sys();
    FrostSupervisor *supervisor = frost_supervisor_new(&sys, context);
    FrostHooks *hooks = frost_hooks_new(&none, &sys, context);
    FrostPlanner *planner = frost_planner_new(&sys, context);
    const FrostTransactionParts parts = {.sys = &sys,
                                         .planner = planner,
                                         .supervisor = supervisor,
                                         .hooks = hooks,
                                         .statedir = STATEDIR,
                                         .context = context,
                                         .finished = on_finished,
                                         .frozen_changed = on_frozen_changed};
    FrostTransaction *transaction = frost_transaction_new(&parts);
    bool released = false;

    frost_transaction_release(transaction, FROST_RELEASE_OPERATOR, "frost-ga thaw", on_released,
                              &released);
    while (!released)
        g_main_context_iteration(context, TRUE);
    frost_transaction_free(transaction);
    planner->free(planner);
    hooks->free(hooks);
    supervisor->free(supervisor);
}

/* True: there may be more to undo. */
static bool
undo(GMainContext *context, const FrostSnapshot *snapshot)
{
    g_autoptr(GError) error = NULL;
    FrostLedger *ledger = frost_ledger_open(STATEDIR, &error);

    if (g_error_matches(error, FROST_LEDGER_ERROR, FROST_LEDGER_ERROR_HELD)) {
        world_tell("a person asks process %d for the thaw", (int)snapshot->freezer_pid);
        return frost_holder_ask(snapshot) != FROST_HOLDER_REFUSED &&
               frost_holder_wait(STATEDIR, snapshot, WAIT_S);
    }
    bool is_active = ledger && frost_ledger_is_active(ledger);
    frost_ledger_free(ledger);
    if (!is_active)
        return false;
    world_tell("a person takes over");
    take_over(context);
    return false;
}

static void *
run_person(void *user)
{
    Process *self = user;
    GMainContext *context = calls_new_context();
    bool goes_on = true;

    for (unsigned i = 0; i < 2 && goes_on; i++) {
        g_autoptr(FrostSnapshot) snapshot = frost_ledger_snapshot(STATEDIR);

        goes_on = (snapshot->state == FROST_SNAPSHOT_FROZEN ||
                   snapshot->state == FROST_SNAPSHOT_UNDER_WAY) &&
                  undo(context, snapshot);
    }
    g_main_context_unref(context);
    self->ends_threads = process_has_other_threads(self, world->current);
    world_tell("%s ends", process_name(self));
    process_end(self, 0);
    thread_end();
}

void
person_start(void)
{
    Process *self = process_new(ROLE_PERSON, NULL, files_new());

    process_add_thread(self, run_person, self);
    world_tell("%s runs frost-ga thaw", process_name(self));
}
