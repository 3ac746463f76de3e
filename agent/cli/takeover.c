/* SPDX-License-Identifier: MIT */
#include "takeover.h"

#include "history.h"
#include "log.h"
#include "record-journal.h"
#include "surroundings.h"
#include "transaction.h"

typedef struct {
    const char *statedir;
    pid_t mounts_of;
    FrostLog *log;
    GMainLoop *loop;
    GError *error;
} Takeover;

static void
on_finished(void *user, const FrostRecord *record)
{
    const Takeover *self = user;
    g_autoptr(GError) error = NULL;

    frost_record_journal(record);
    if (!frost_history_add(self->statedir, record, &error))
        g_critical("%s", error->message);
}

static void
on_frozen_changed(void *user, bool frozen)
{
    Takeover *self = user;

    frost_log_set_held(self->log, frozen);
}

static void
on_released(void *user, unsigned count, const GError *error)
{
    Takeover *self = user;

    if (error)
        self->error = g_error_copy(error);
    g_main_loop_quit(self->loop);
}

/* Releases the freeze instead of thawing it: only the host's own thaw may report an owed error. */
static void
release(Takeover *self)
{
    const FrostHooksConfig none = {.timeout_s = 0};
    FrostSys sys = frost_sys_linux();
    FrostSupervisor *freezer = frost_supervisor_new(&sys, NULL);
    FrostHooks *hooks = frost_hooks_new(&none, &sys, NULL);
    FrostPlanner *planner = frost_planner_new(&sys, NULL);
    const FrostTransactionParts parts = {.sys = &sys,
                                         .planner = planner,
                                         .supervisor = freezer,
                                         .hooks = hooks,
                                         .statedir = self->statedir,
                                         .finished = on_finished,
                                         .frozen_changed = on_frozen_changed,
                                         .user = self};
    sys.mounts_of = self->mounts_of;
    FrostTransaction *transaction = frost_transaction_new(&parts);

    frost_transaction_release(transaction, FROST_RELEASE_OPERATOR, "frost-ga thaw", on_released,
                              self);
    g_main_loop_run(self->loop);
    frost_transaction_free(transaction);
    planner->free(planner);
    hooks->free(hooks);
    freezer->free(freezer);
}

bool
frost_takeover_run(const char *statedir, pid_t mounts_of, GError **error)
{
    g_autoptr(FrostLog) log = frost_log_new_held(NULL, false, "frost-ga", error);
    g_autoptr(GMainLoop) loop = g_main_loop_new(NULL, FALSE);
    Takeover self = {.statedir = statedir, .mounts_of = mounts_of, .log = log, .loop = loop};

    if (!log)
        return false;
    frost_allow_descriptors(FROST_LEDGER_DESCRIPTORS);
    release(&self);
    frost_log_set_held(log, false);
    if (self.error)
        g_propagate_error(error, self.error);
    return self.error == NULL;
}
