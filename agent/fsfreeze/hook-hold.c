/* SPDX-License-Identifier: MIT */
#include "hook-hold.h"

#include "source.h"

typedef enum {
    HOLD_STARTING,
    HOLD_HOLDING,
    HOLD_ENDING,
    HOLD_ENDED,
} HoldState;

struct FrostHookHold {
    const FrostHookPlace *place;
    FrostLedgerHook *hook;
    HoldState state;
    FrostProcess *process;
    GSource *later; /* a done that is due */
    GError *error;  /* why it failed; which that done will bring */
    FrostHookDone done;
    void *user;
};

static gboolean
on_due(gpointer user)
{
    FrostHookHold *self = user;
    g_autoptr(GError) error = g_steal_pointer(&self->error);

    frost_source_drop(&self->later);
    self->done(self->user, error);
    return G_SOURCE_REMOVE;
}

static void
finish_later(FrostHookHold *self)
{
    self->later = frost_source_now(self->place->context, on_due, self);
}

static void
on_ready(void *user)
{
    FrostHookHold *self = user;

    if (self->state != HOLD_STARTING)
        return;
    self->state = HOLD_HOLDING;
    frost_hook_side_ready(self->place, self->hook);
    finish_later(self);
}

/* Its process has ended, and with it what it held: nothing is owed. */
static void
on_ended(void *user, const FrostProcessResult *result)
{
    FrostHookHold *self = user;
    HoldState before = self->state;

    self->state = HOLD_ENDED;
    frost_hook_side_note_pid(self->hook, 0);
    g_clear_error(&self->error);
    self->error = frost_hook_side_end(self->place, self->hook, before != HOLD_STARTING, result,
                                      before != HOLD_ENDING);
    atomic_store(&self->hook->state, FROST_HOOK_IDLE);
    g_clear_pointer(&self->process, frost_process_free);
    if (before == HOLD_HOLDING)
        g_warning("%s", self->error->message);
    else if (!self->later)
        finish_later(self);
}

FrostHookHold *
frost_hook_hold_new(const FrostHookPlace *place, FrostLedgerHook *hook, FrostHookDone done,
                    void *user)
{
    const FrostHookStart holder = {.ready_line = FROST_HOOK_READY, .ready = on_ready};
    FrostHookHold *self = g_new0(FrostHookHold, 1);

    *self = (FrostHookHold){.place = place, .hook = hook, .done = done, .user = user};
    self->process = frost_hook_side_fork(place, hook, false, holder, on_ended, self, &self->error);
    if (self->process) {
        frost_hook_side_go(place, hook, false, self->process);
    } else {
        self->state = HOLD_ENDED;
        frost_hook_side_give_up(place, hook, false, self->error);
        finish_later(self);
    }
    return self;
}

void
frost_hook_hold_check(FrostHookHold *self)
{
    if (self->state == HOLD_HOLDING)
        frost_process_reap(self->process);
}

void
frost_hook_hold_let_go(FrostHookHold *self, FrostHookDone done, void *user)
{
    self->done = done;
    self->user = user;
    frost_source_drop(&self->later);
    frost_hook_hold_check(self);
    if (self->state == HOLD_ENDED) {
        finish_later(self);
        return;
    }
    self->state = HOLD_ENDING;
    frost_hook_side_note_begin(self->place, self->hook, true);
    atomic_store(&self->hook->state, FROST_HOOK_UNDOING);
    frost_process_let_go(self->process);
}

void
frost_hook_hold_cancel(FrostHookHold *self)
{
    if (self->state == HOLD_STARTING && self->process)
        frost_process_cancel(self->process);
}

void
frost_hook_hold_free(FrostHookHold *self)
{
    if (!self)
        return;
    frost_process_free(self->process);
    frost_source_drop(&self->later);
    g_clear_error(&self->error);
    g_free(self);
}
