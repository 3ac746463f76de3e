/* SPDX-License-Identifier: MIT */
#include "hooks.h"

#include <string.h>

#include "hook-hold.h"
#include "hook-orphan.h"
#include "hook-run.h"
#include "hook-trust.h"
#include "source.h"

G_DEFINE_QUARK(frost_hook_error, frost_hook_error)

typedef struct {
    FrostHooks base;
    FrostHooksConfig config; /* its texts are ours */
    FrostHookPlace place;    /* its ledger is that of the run under way */
    uint32_t cursor;         /* up: the one at work; down: those below are still to do */
    bool cancelled;
    FrostHookRun *run; /* at work: at most one of these */
    FrostHookOrphan *orphan;
    FrostHookHold *holds[FROST_LEDGER_HOOKS]; /* from up to down */
    GSource *due;                             /* a done that is due */
    GError *error;                            /* which it will bring: the first */
    FrostHooksDone done;
    void *user;
} Engine;

static FrostLedgerHook *
at(const Engine *self, uint32_t index)
{
    return &self->place.ledger->data->hooks[index];
}

static gboolean
on_due(gpointer user)
{
    Engine *self = user;
    g_autoptr(GError) error = g_steal_pointer(&self->error);

    frost_source_drop(&self->due);
    self->done(self->user, error);
    return G_SOURCE_REMOVE;
}

/* Never from inside of who asked. */
static void
finish(Engine *self)
{
    self->due = frost_source_now(self->place.context, on_due, self);
}

static void
end_current(Engine *self)
{
    g_clear_pointer(&self->run, frost_hook_run_free);
    g_clear_pointer(&self->orphan, frost_hook_orphan_free);
}

static void
begin(Engine *self, FrostLedger *ledger, FrostHooksDone done, void *user)
{
    end_current(self);
    frost_source_drop(&self->due);
    self->place.ledger = ledger;
    self->cancelled = false;
    g_clear_error(&self->error);
    self->done = done;
    self->user = user;
}

/* Up ------------------------------------------------------------------------------------------- */

static void next_up(Engine *self);

/* True: the freeze goes on, without this hook. */
static bool
may_go_on(Engine *self, const FrostLedgerHook *hook, const GError *error)
{
    if (!error && !self->cancelled)
        return true;
    if (error && !hook->is_required && !self->cancelled) {
        g_warning("%s; the freeze goes on without it", error->message);
        return true;
    }
    if (error)
        self->error = g_error_copy(error);
    else
        self->error = g_error_new_literal(FROST_HOOK_ERROR, FROST_HOOK_ERROR_FAILED,
                                          "the hooks were cut off");
    return false;
}

static void
on_up(void *user, const GError *error)
{
    Engine *self = user;
    const FrostLedgerHook *hook = at(self, self->cursor);
    bool goes_on = may_go_on(self, hook, error);

    end_current(self);
    self->cursor++;
    if (goes_on)
        next_up(self);
    else
        finish(self);
}

static void
start_up(Engine *self, FrostLedgerHook *hook)
{
    if (hook->is_hold)
        self->holds[self->cursor] = frost_hook_hold_new(&self->place, hook, on_up, self);
    else
        self->run = frost_hook_run_new(&self->place, hook, false, on_up, self);
}

/* A holder may have died while those after it ran. */
static void
check_holds(Engine *self)
{
    for (uint32_t i = 0; i < FROST_LEDGER_HOOKS; i++) {
        if (self->holds[i])
            frost_hook_hold_check(self->holds[i]);
    }
}

static void
next_up(Engine *self)
{
    uint32_t count = atomic_load(&self->place.ledger->data->hook_count);

    /* Those that were refused have their result already. */
    while (self->cursor < count &&
           atomic_load(&at(self, self->cursor)->sides[0].result) != FROST_HOOK_SIDE_NONE)
        self->cursor++;
    if (self->cursor < count) {
        start_up(self, at(self, self->cursor));
        return;
    }
    check_holds(self);
    self->error = frost_hooks_find_broken(self->place.ledger->data);
    finish(self);
}

/* A refused one counts as failed. */
static bool
enter(Engine *self, const FrostHookItem *item)
{
    if (item->verdict == FROST_HOOK_IGNORED)
        return true;
    FrostLedgerHook *hook = frost_ledger_add_hook(self->place.ledger, item->name);
    if (!hook) {
        self->error =
            g_error_new(FROST_HOOK_ERROR, FROST_HOOK_ERROR_REFUSED, "%s has more than %u hooks",
                        self->config.source.source, FROST_LEDGER_HOOKS);
        return false;
    }
    hook->is_hold = item->is_hold;
    hook->is_required = item->is_required;
    if (item->verdict == FROST_HOOK_RUNS)
        return true;
    g_autoptr(GError) error = frost_hook_side_refuse(&self->place, hook, false, item->reason);
    return may_go_on(self, hook, error);
}

/* All are known before the first one runs: what cannot work is told before a database waits. */
static bool
enter_all(Engine *self)
{
    g_autoptr(GPtrArray) list = frost_hook_list(&self->config.source, &self->error);

    for (guint i = 0; list && i < list->len; i++) {
        if (!enter(self, g_ptr_array_index(list, i)))
            return false;
    }
    return list != NULL;
}

static void
engine_up(FrostHooks *base, FrostLedger *ledger, FrostHooksDone done, void *user)
{
    Engine *self = (Engine *)base;
    FrostLedgerData *data = ledger->data;

    begin(self, ledger, done, user);
    self->cursor = 0;
    data->hook_timeout_s = self->config.timeout_s;
    data->hook_trust = self->config.source.trust;
    g_strlcpy(data->hook_log, self->config.log_path ? self->config.log_path : "",
              sizeof data->hook_log);
    if (self->config.source.source)
        g_strlcpy(data->hook_source, self->config.source.source, sizeof data->hook_source);
    if (enter_all(self))
        next_up(self);
    else
        finish(self);
}

/* Down ----------------------------------------------------------------------------------------- */

static void next_down(Engine *self);

/* All are undone, whatever goes wrong. */
static void
note_failed_undo(Engine *self, const GError *error)
{
    if (error && self->error)
        g_warning("%s", error->message);
    else if (error)
        self->error = g_error_copy(error);
}

static void
on_down(void *user, const GError *error)
{
    Engine *self = user;

    note_failed_undo(self, error);
    end_current(self);
    g_clear_pointer(&self->holds[self->cursor], frost_hook_hold_free);
    next_down(self);
}

/* True: it is done with. Trust may have been lost since. */
static bool
refuse_undo(Engine *self, FrostLedgerHook *hook)
{
    g_autofree char *path = frost_hook_side_path(&self->place, hook);
    g_autofree char *reason = self->place.ledger->data->hook_trust && g_path_is_absolute(path)
                                  ? frost_hook_distrust(path)
                                  : NULL;
    g_autoptr(GError) error = NULL;

    if (!reason)
        return false;
    error = frost_hook_side_refuse(&self->place, hook, true, reason);
    note_failed_undo(self, error);
    return true;
}

/* True: something runs, and on_down() follows. */
static bool
start_down(Engine *self, FrostLedgerHook *hook)
{
    if (self->holds[self->cursor]) {
        frost_hook_hold_let_go(self->holds[self->cursor], on_down, self);
        return true;
    }
    if (hook->is_hold) {
        self->orphan = frost_hook_orphan_await(&self->place, hook, on_down, self);
        return true;
    }
    frost_hook_orphan_kill(hook);
    if (refuse_undo(self, hook))
        return false;
    self->run = frost_hook_run_new(&self->place, hook, true, on_down, self);
    return true;
}

static void
next_down(Engine *self)
{
    while (self->cursor > 0) {
        FrostLedgerHook *hook = at(self, --self->cursor);

        if (atomic_load(&hook->state) != FROST_HOOK_IDLE && start_down(self, hook))
            return;
        g_clear_pointer(&self->holds[self->cursor], frost_hook_hold_free);
    }
    if (frost_ledger_held(self->place.ledger) == 0)
        frost_hook_log_write(self->place.log, self->place.ledger->data->hook_log);
    finish(self);
}

static void
engine_down(FrostHooks *base, FrostLedger *ledger, FrostHooksDone done, void *user)
{
    Engine *self = (Engine *)base;

    begin(self, ledger, done, user);
    check_holds(self);
    self->cursor = atomic_load(&ledger->data->hook_count);
    next_down(self);
}

/* The table ------------------------------------------------------------------------------------ */

static void
engine_cancel(FrostHooks *base)
{
    Engine *self = (Engine *)base;

    self->cancelled = true;
    if (self->run)
        frost_hook_run_cancel(self->run);
    for (uint32_t i = 0; i < FROST_LEDGER_HOOKS; i++) {
        if (self->holds[i])
            frost_hook_hold_cancel(self->holds[i]);
    }
}

static void
engine_free(FrostHooks *base)
{
    Engine *self = (Engine *)base;

    end_current(self);
    for (uint32_t i = 0; i < FROST_LEDGER_HOOKS; i++)
        frost_hook_hold_free(self->holds[i]);
    frost_source_drop(&self->due);
    g_clear_error(&self->error);
    frost_hook_log_free(self->place.log);
    g_free((char *)self->config.source.source);
    g_free((char *)self->config.log_path);
    g_strfreev((char **)self->config.source.required);
    g_free(self);
}

FrostHooks *
frost_hooks_new(const FrostHooksConfig *config, FrostSys *sys, GMainContext *context)
{
    Engine *self = g_new0(Engine, 1);

    self->base = (FrostHooks){
        .up = engine_up, .down = engine_down, .cancel = engine_cancel, .free = engine_free};
    self->config = *config;
    self->config.source.source = g_strdup(config->source.source);
    self->config.source.required = (const char *const *)g_strdupv((char **)config->source.required);
    self->config.log_path = g_strdup(config->log_path);
    self->place = (FrostHookPlace){.sys = sys,
                                   .log = frost_hook_log_new(),
                                   .context = context,
                                   .heard = config->heard,
                                   .heard_user = config->heard_user};
    return &self->base;
}

GError *
frost_hooks_find_broken(const FrostLedgerData *ledger)
{
    const FrostLedgerHook *hook = frost_ledger_find_broken(ledger);

    if (!hook)
        return NULL;
    return g_error_new(FROST_HOOK_ERROR, FROST_HOOK_ERROR_FAILED,
                       "fsfreeze hook '%s' ended before the thaw: what it held was not held%s%s",
                       hook->name, hook->sides[1].note[0] ? ": " : "", hook->sides[1].note);
}
