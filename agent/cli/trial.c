/* SPDX-License-Identifier: MIT */
#include "trial.h"

#include <errno.h>
#include <glib-unix.h>
#include <signal.h>
#include <unistd.h>

#include "history-text.h"
#include "hook-config.h"
#include "log.h"
#include "plan-config.h"
#include "snapshot.h"
#include "source.h"
#include "surroundings.h"
#include "timeline.h"
#include "transaction.h"

typedef struct {
    FrostTrial *result;
    FrostTransaction *transaction;
    FrostLog *log;
    GMainLoop *loop;
    uint64_t open_files; /* the limit before it was raised */
    unsigned hold_ms;
    bool colour;
    GSource *hold; /* the time until the thaw */
    bool cut_off;
} Run;

static void
set_error(Run *self, const char *message)
{
    if (!self->result->error)
        self->result->error = g_strdup(message);
}

static void
on_finished(void *user, const FrostRecord *record)
{
    Run *self = user;
    FrostTrial *result = self->result;
    g_autoptr(GPtrArray) records = g_ptr_array_new();
    GString *drawn = g_string_new(NULL);

    g_ptr_array_add(records, (void *)record);
    g_autoptr(QgaValue) document = frost_history_to_value(records);
    result->record = qga_value_ref(qga_value_at(qga_value_get(document, "freezes"), 0));
    frost_timeline_draw(record, self->colour, drawn);
    result->timeline = g_string_free(drawn, FALSE);
    result->window_us = frost_record_window_us(record);
}

static void
on_frozen_changed(void *user, bool frozen)
{
    Run *self = user;

    frost_log_set_held(self->log, frozen);
}

static void
on_released(void *user, unsigned count, const GError *error)
{
    Run *self = user;

    if (error)
        set_error(self, error->message);
    g_main_loop_quit(self->loop);
}

/* Undoes everything that is left, and then quits the main loop. */
static void
leave(Run *self)
{
    frost_transaction_release(self->transaction, FROST_RELEASE_OPERATOR, "the trial has ended",
                              on_released, self);
}

static void
on_thawed(void *user, unsigned count, const GError *error)
{
    Run *self = user;

    self->result->count = count;
    if (error)
        set_error(self, error->message);
    leave(self);
}

static gboolean
on_held(gpointer user)
{
    Run *self = user;

    frost_source_drop(&self->hold);
    frost_transaction_thaw(self->transaction, on_thawed, self);
    return G_SOURCE_REMOVE;
}

static void
on_frozen(void *user, unsigned count, const GError *error)
{
    Run *self = user;

    if (error)
        set_error(self, error->message);
    if (self->cut_off)
        return; /* leave() was called already */
    if (error || count == 0)
        leave(self);
    else
        self->hold = frost_source_attach(g_timeout_source_new(self->hold_ms), NULL, on_held, self);
}

static gboolean
on_signal(gpointer user)
{
    Run *self = user;

    if (self->cut_off)
        return G_SOURCE_CONTINUE;
    set_error(self, "interrupted");
    if (self->hold) {
        on_held(self);
    } else {
        self->cut_off = true;
        leave(self);
    }
    return G_SOURCE_CONTINUE;
}

static void
watch_signals(Run *self)
{
    signal(SIGPIPE, SIG_IGN);
    g_unix_signal_add(SIGINT, on_signal, self);
    g_unix_signal_add(SIGTERM, on_signal, self);
    g_unix_signal_add(SIGHUP, on_signal, self);
}

static void
freeze_and_thaw(Run *self, const FrostConfig *config)
{
    const FrostChildSetting setting = frost_cli_children_of_config(config, self->open_files);
    FrostHooksConfig hooks_config = frost_cli_hooks_of_config(config);
    FrostSys sys = frost_cli_sys_of_config(config);
    FrostPlanner *planner = frost_planner_new(&sys, NULL);
    FrostSupervisor *freezer = frost_supervisor_new(&sys, NULL);

    hooks_config.setting = &setting;
    FrostHooks *hooks = frost_hooks_new(&hooks_config, &sys, NULL);
    const FrostTransactionParts parts = {
        .sys = &sys,
        .planner = planner,
        .supervisor = freezer,
        .hooks = hooks,
        .statedir = config->statedir,
        .include = (const char *const *)config->include,
        .exclude = (const char *const *)config->exclude,
        .mode = frost_cli_mode_of_config(config),
        .all_namespaces = config->all_namespaces,
        .limits = {.stall_ms = config->stall_target_ms,
                   .sync_s = config->sync_timeout_s,
                   .freeze_s = FROST_TRIAL_FREEZE_S,
                   .hold_s = FROST_TRIAL_FREEZE_S + self->hold_ms / 1000},
        .expedite = config->expedite,
        .is_paced = config->is_paced,
        .seals = config->sandbox != FROST_SANDBOX_OFF,
        .needs_seal = config->sandbox == FROST_SANDBOX_REQUIRE,
        .finished = on_finished,
        .frozen_changed = on_frozen_changed,
        .user = self};

    self->transaction = frost_transaction_new(&parts);
    frost_transaction_freeze(self->transaction, NULL, NULL, on_frozen, self);
    g_main_loop_run(self->loop);
    frost_source_drop(&self->hold);
    frost_transaction_free(self->transaction);
    hooks->free(hooks);
    freezer->free(freezer);
    planner->free(planner);
}

/* Why there can be no trial at this moment, g_free() it; NULL: there can. */
static char *
obstacle(const FrostConfig *config)
{
    g_autoptr(FrostSnapshot) snapshot = frost_ledger_snapshot(config->statedir);

    switch (snapshot->state) {
    case FROST_SNAPSHOT_UNDER_WAY:
    case FROST_SNAPSHOT_FROZEN:
        return g_strdup("a freeze is under way; frost-ga status tells of it");
    case FROST_SNAPSHOT_UNKNOWN:
        return g_strdup(snapshot->reason);
    case FROST_SNAPSHOT_IDLE:
        break;
    }
    return access(config->statedir, X_OK) == 0
               ? NULL
               : g_strdup_printf("state directory %s: %s", config->statedir, g_strerror(errno));
}

FrostTrial *
frost_trial_run(const FrostConfig *config, unsigned hold_ms, bool colour)
{
    FrostTrial *result = g_new0(FrostTrial, 1);
    g_autoptr(GError) error = NULL;

    result->window_us = -1;
    result->error = obstacle(config);
    if (result->error)
        return result;

    g_autoptr(FrostLog) log = frost_log_new(NULL, config->verbose, "frost-ga", &error);
    g_autoptr(GMainLoop) loop = g_main_loop_new(NULL, FALSE);
    Run self = {.result = result, .log = log, .loop = loop, .hold_ms = hold_ms, .colour = colour};
    if (!log) {
        result->error = g_strdup(error->message);
        return result;
    }
    self.open_files = frost_allow_descriptors(FROST_LEDGER_DESCRIPTORS);
    watch_signals(&self);
    freeze_and_thaw(&self, config);
    return result;
}

void
frost_trial_free(FrostTrial *self)
{
    g_free(self->error);
    g_free(self->timeline);
    qga_value_unref(self->record);
    g_free(self);
}
