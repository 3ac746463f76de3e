/* SPDX-License-Identifier: MIT */
#include "fake-hooks.h"

#include "hook-error.h"
#include "test-support.h"

typedef enum {
    SIDE_NONE,
    SIDE_UP,
    SIDE_DOWN,
} Side;

struct FakeHooks {
    FrostHooks base;
    FrostLedger *ledger;
    FrostHooksDone done;
    void *user;
    Side running;
    GSource *idle;
    unsigned owed;
    GString *journal;
    GString *violations;
};

static void
note(FakeHooks *self, const char *what)
{
    g_string_append_printf(self->journal, "%s%s", self->journal->len ? " " : "", what);
}

static void
forbid(FakeHooks *self, bool wrong, const char *what)
{
    if (wrong)
        g_string_append_printf(self->violations, "%s (after: %s)\n", what, self->journal->str);
}

static void
begin(FakeHooks *self, Side side, FrostLedger *ledger, FrostHooksDone done, void *user)
{
    forbid(self, self->running != SIDE_NONE || self->idle, "begun while another runs");
    self->running = side;
    self->ledger = ledger;
    self->done = done;
    self->user = user;
}

static void
set_state(FrostLedgerHook *hook, FrostHookState state)
{
    atomic_store(&hook->state, state);
}

static void
fake_up(FrostHooks *base, FrostLedger *ledger, FrostHooksDone done, void *user)
{
    FakeHooks *self = (FakeHooks *)base;

    begin(self, SIDE_UP, ledger, done, user);
    note(self, "freeze");
    self->owed++;
    set_state(frost_ledger_add_hook(ledger, "fake"), FROST_HOOK_BEGUN);
}

static gboolean
nothing_to_undo(gpointer user)
{
    FakeHooks *self = user;

    g_clear_pointer(&self->idle, g_source_unref);
    self->running = SIDE_NONE;
    self->done(self->user, NULL);
    return G_SOURCE_REMOVE;
}

static void
fake_down(FrostHooks *base, FrostLedger *ledger, FrostHooksDone done, void *user)
{
    FakeHooks *self = (FakeHooks *)base;

    begin(self, SIDE_DOWN, ledger, done, user);
    if (!frost_ledger_owes_hooks(ledger->data)) {
        self->idle = g_idle_source_new();
        g_source_set_callback(self->idle, nothing_to_undo, self, NULL);
        g_source_attach(self->idle, NULL);
        return;
    }
    note(self, "thaw");
    self->owed -= self->owed > 0;
    set_state(&ledger->data->hooks[0], FROST_HOOK_UNDOING);
}

static void
fake_cancel(FrostHooks *base)
{
    FakeHooks *self = (FakeHooks *)base;

    note(self, "cancel");
}

static void
fake_free(FrostHooks *base)
{
}

FakeHooks *
fake_hooks_new(void)
{
    FakeHooks *self = g_new0(FakeHooks, 1);

    self->base =
        (FrostHooks){.up = fake_up, .down = fake_down, .cancel = fake_cancel, .free = fake_free};
    self->journal = g_string_new(NULL);
    self->violations = g_string_new(NULL);
    return self;
}

void
fake_hooks_forget(FakeHooks *self)
{
    if (self->idle) {
        g_source_destroy(self->idle);
        g_clear_pointer(&self->idle, g_source_unref);
    }
    self->running = SIDE_NONE;
}

void
fake_hooks_free(FakeHooks *self)
{
    forbid(self, self->owed > 0, "a freeze side was never undone");
    bool bad = self->violations->len > 0;

    if (bad)
        print_error("hooks were not run as they must be:\n%s", self->violations->str);
    fake_hooks_forget(self);
    g_string_free(self->journal, TRUE);
    g_string_free(self->violations, TRUE);
    g_free(self);
    if (bad)
        fail();
}

FrostHooks *
fake_hooks_get(FakeHooks *self)
{
    return &self->base;
}

const char *
fake_hooks_journal(const FakeHooks *self)
{
    return self->journal->str;
}

bool
fake_hooks_run(const FakeHooks *self)
{
    return self->running != SIDE_NONE && !self->idle;
}

void
fake_hooks_end(FakeHooks *self, const char *message)
{
    g_autoptr(GError) error =
        message ? g_error_new_literal(FROST_HOOK_ERROR, FROST_HOOK_ERROR_FAILED, message) : NULL;

    if (!fake_hooks_run(self)) {
        forbid(self, true, "the test ends what does not run");
        return;
    }
    if (self->running == SIDE_DOWN)
        set_state(&self->ledger->data->hooks[0], FROST_HOOK_IDLE);
    self->running = SIDE_NONE;
    self->done(self->user, error);
}
