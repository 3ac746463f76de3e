/* SPDX-License-Identifier: MIT */
#include "hooks.h"

#include "hook-error.h"
#include "hook-hold.h"
#include "hook-oneshot.h"
#include "hook-orphan.h"
#include "hook-trust.h"
#include "reply.h"

typedef struct {
    FrostHooks base;
    FrostHooksConfig config; /* a copy, with its strings */
    FrostChildSetting setting;
    FrostHookPlace place; /* has the ledger while `up` or `down` is under way */
    uint32_t cursor;      /* up: the hook that runs; down: how many are still to be undone */
    bool cancelled;
    FrostHookOneshot *oneshot; /* at most one of this and orphan */
    FrostHookOrphan *orphan;
    FrostHookHold *holds[FROST_LEDGER_HOOKS]; /* they run from up to down */
    FrostReply reply;                         /* has the first error */
} Engine;

static FrostLedgerHook *
at(const Engine *self, uint32_t index)
{
    return &self->place.ledger->data->hooks[index];
}

static void
end_current(Engine *self)
{
    g_clear_pointer(&self->oneshot, frost_hook_oneshot_free);
    g_clear_pointer(&self->orphan, frost_hook_orphan_free);
}

static void
begin(Engine *self, FrostLedger *ledger, FrostHooksDone done, void *user)
{
    end_current(self);
    frost_reply_clear(&self->reply);
    self->reply.done = done;
    self->reply.user = user;
    self->place.ledger = ledger;
    self->cancelled = false;
}

/* Up ------------------------------------------------------------------------------------------- */

static void next_up(Engine *self);

/* True if the freeze goes on after this hook. */
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
        self->reply.error = g_error_copy(error);
    else
        self->reply.error = g_error_new_literal(FROST_HOOK_ERROR, FROST_HOOK_ERROR_FAILED,
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
        frost_reply_send(&self->reply, self->place.context);
}

/* A hold hook may have died while later hooks ran. */
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

    for (; self->cursor < count; self->cursor++) {
        FrostLedgerHook *hook = at(self, self->cursor);

        if (atomic_load(&hook->sides[FROST_HOOK_FREEZE].result) != FROST_HOOK_SIDE_NONE)
            continue; /* it has been refused */
        if (hook->is_hold)
            self->holds[self->cursor] = frost_hook_hold_new(&self->place, hook, on_up, self);
        else
            self->oneshot =
                frost_hook_oneshot_new(&self->place, hook, FROST_HOOK_FREEZE, on_up, self);
        return;
    }
    check_holds(self);
    self->reply.error = frost_hooks_find_broken(self->place.ledger->data);
    frost_reply_send(&self->reply, self->place.context);
}

/* Enters the hook into the ledger. One that is refused counts as failed. False: the freeze fails.
 */
static bool
add_hook(Engine *self, const FrostHookItem *item)
{
    if (item->verdict == FROST_HOOK_IGNORED)
        return true;
    FrostLedgerHook *hook = frost_ledger_add_hook(self->place.ledger, item->name);
    if (!hook) {
        self->reply.error =
            g_error_new(FROST_HOOK_ERROR, FROST_HOOK_ERROR_REFUSED, "%s has more than %u hooks",
                        self->config.source.source, FROST_LEDGER_HOOKS);
        return false;
    }
    hook->is_hold = item->is_hold;
    hook->is_required = item->is_required;
    if (item->verdict == FROST_HOOK_RUNS)
        return true;
    g_autoptr(GError) error =
        frost_hook_call_refuse(&self->place, hook, FROST_HOOK_FREEZE, item->reason);
    return may_go_on(self, hook, error);
}

void
frost_hooks_note_terms(const FrostHooksConfig *config, FrostLedgerData *data)
{
    FrostChildSetting setting = config->setting ? *config->setting : frost_child_setting_usual();

    data->hook_setting = (FrostLedgerSetting){.umask = setting.umask,
                                              .oom_score_adj = setting.oom_score_adj,
                                              .open_files = setting.open_files};
    data->hook_timeout_s = config->timeout_s;
    data->hook_trust = config->source.trust;
    g_strlcpy(data->hook_log, config->log_path ? config->log_path : "", sizeof data->hook_log);
    if (config->source.source)
        g_strlcpy(data->hook_source, config->source.source, sizeof data->hook_source);
}

static void
engine_up(FrostHooks *base, FrostLedger *ledger, FrostHooksDone done, void *user)
{
    Engine *self = (Engine *)base;

    begin(self, ledger, done, user);
    self->cursor = 0;
    frost_hooks_note_terms(&self->config, ledger->data);
    /* All are entered before the first one runs: a mistake is found before any database is locked.
     */
    g_autoptr(GPtrArray) list = frost_hook_list(&self->config.source, &self->reply.error);
    bool goes_on = list != NULL;
    for (guint i = 0; goes_on && i < list->len; i++)
        goes_on = add_hook(self, g_ptr_array_index(list, i));
    if (goes_on)
        next_up(self);
    else
        frost_reply_send(&self->reply, self->place.context);
}

/* Down ----------------------------------------------------------------------------------------- */

static void next_down(Engine *self);

/* An error does not keep the others from being undone. */
static void
note_failed_undo(Engine *self, const GError *error)
{
    if (error && self->reply.error)
        g_warning("%s", error->message);
    else if (error)
        self->reply.error = g_error_copy(error);
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

/* No process of this hook runs. It may have been changed since its freeze, so it is checked again.
 */
static void
call_thaw(Engine *self, FrostLedgerHook *hook)
{
    g_autofree char *path = frost_hook_call_path(&self->place, hook);
    bool is_judged = self->place.ledger->data->hook_trust && g_path_is_absolute(path);
    g_autofree char *reason = is_judged ? frost_hook_distrust(path) : NULL;

    if (reason) {
        g_autoptr(GError) error =
            frost_hook_call_refuse(&self->place, hook, FROST_HOOK_THAW, reason);
        note_failed_undo(self, error);
        next_down(self);
        return;
    }
    self->oneshot = frost_hook_oneshot_new(&self->place, hook, FROST_HOOK_THAW, on_down, self);
}

static void
on_orphan_killed(void *user, const GError *error)
{
    Engine *self = user;

    end_current(self);
    call_thaw(self, at(self, self->cursor));
}

/* Starts to undo one hook; on_down() is called when that has ended. */
static void
start_down(Engine *self, FrostLedgerHook *hook)
{
    FrostHookHold *hold = self->holds[self->cursor];

    if (hold)
        frost_hook_hold_let_go(hold, on_down, self);
    else if (hook->is_hold)
        self->orphan = frost_hook_orphan_await(&self->place, hook, on_down, self);
    else if (atomic_load(&hook->pid) != 0)
        self->orphan = frost_hook_orphan_kill(&self->place, hook, on_orphan_killed, self);
    else
        call_thaw(self, hook);
}

static void
next_down(Engine *self)
{
    while (self->cursor > 0) {
        FrostLedgerHook *hook = at(self, --self->cursor);

        if (atomic_load(&hook->state) != FROST_HOOK_IDLE) {
            start_down(self, hook);
            return;
        }
        g_clear_pointer(&self->holds[self->cursor], frost_hook_hold_free);
    }
    if (!frost_ledger_holds(self->place.ledger))
        frost_hook_log_write(self->place.log, self->place.ledger->data->hook_log);
    frost_reply_send(&self->reply, self->place.context);
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
    if (self->oneshot)
        frost_hook_oneshot_cancel(self->oneshot);
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
    frost_reply_clear(&self->reply);
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
    self->setting = config->setting ? *config->setting : frost_child_setting_usual();
    self->config.setting = &self->setting;
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
                       hook->name, hook->sides[FROST_HOOK_THAW].note[0] ? ": " : "",
                       hook->sides[FROST_HOOK_THAW].note);
}
