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
    FrostReply reply; /* has the error if it has failed */
};

static void
on_ready(void *user)
{
    FrostHookHold *self = user;

    if (self->state != HOLD_STARTING)
        return;
    self->state = HOLD_HOLDING;
    frost_hook_call_ready(self->place, self->hook, frost_process_said(self->process));
    frost_reply_send(&self->reply, self->place->context);
}

/* The process has ended, and its lock with it: the hook is IDLE in the ledger. */
static void
on_ended(void *user, const FrostProcessResult *result)
{
    FrostHookHold *self = user;
    HoldState before = self->state;

    self->state = HOLD_ENDED;
    self->reply.error = frost_hook_call_end(
        self->place, self->hook, before == HOLD_STARTING ? FROST_HOOK_FREEZE : FROST_HOOK_THAW,
        result, before != HOLD_ENDING);
    atomic_store(&self->hook->state, FROST_HOOK_IDLE);
    g_clear_pointer(&self->process, frost_process_free);
    if (before == HOLD_HOLDING)
        g_warning("%s", self->reply.error->message);
    else
        frost_reply_send(&self->reply, self->place->context);
}

FrostHookHold *
frost_hook_hold_new(const FrostHookPlace *place, FrostLedgerHook *hook, FrostReplyDone done,
                    void *user)
{
    const FrostHookStart holder = {.ready_line = FROST_HOOK_READY, .ready = on_ready};
    FrostHookHold *self = g_new0(FrostHookHold, 1);

    *self = (FrostHookHold){.place = place, .hook = hook, .reply = {.done = done, .user = user}};
    self->process = frost_hook_call_start(place, hook, FROST_HOOK_FREEZE, holder, on_ended, self,
                                          &self->reply.error);
    if (!self->process) {
        self->state = HOLD_ENDED;
        frost_hook_call_give_up(place, hook, FROST_HOOK_FREEZE, self->reply.error);
        frost_reply_send(&self->reply, self->place->context);
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
frost_hook_hold_let_go(FrostHookHold *self, FrostReplyDone done, void *user)
{
    frost_source_drop(&self->reply.due);
    self->reply.done = done;
    self->reply.user = user;
    frost_hook_hold_check(self);
    if (self->state == HOLD_ENDED) {
        frost_reply_send(&self->reply, self->place->context);
        return;
    }
    self->state = HOLD_ENDING;
    frost_hook_call_note_begin(self->place, self->hook, FROST_HOOK_THAW);
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
    frost_reply_clear(&self->reply);
    g_free(self);
}
