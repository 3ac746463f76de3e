/* SPDX-License-Identifier: MIT */
#include "hook-oneshot.h"

#include <errno.h>
#include <signal.h>
#include <sys/wait.h>

#include "source.h"

/* A database that stays locked is worse than a second of waiting for a descriptor or for memory. */
#define UNDO_TRIES 5
#define UNDO_PAUSE_MS 200

struct FrostHookOneshot {
    const FrostHookPlace *place;
    FrostLedgerHook *hook;
    FrostHookPhase phase;
    FrostProcess *process;
    GSource *retry;
    unsigned failed_starts;
    bool deaf; /* a thaw that is run again, and ignores SIGTERM */
    FrostReply reply;
};

static void run(FrostHookOneshot *self);

static gboolean
on_retry(gpointer user)
{
    FrostHookOneshot *self = user;

    frost_source_drop(&self->retry);
    run(self);
    return G_SOURCE_REMOVE;
}

/* Starts the thaw again later: a machine that is short of something at this moment is no reason to
 * leave a hook undone. The ledger has it as BEGUN meanwhile, so a later agent would undo it. */
static bool
retry_undo(FrostHookOneshot *self, const GError *error)
{
    if (self->phase != FROST_HOOK_THAW || ++self->failed_starts >= UNDO_TRIES)
        return false;
    g_warning("the thaw hook is tried again: %s", error->message);
    self->retry = frost_source_attach(g_timeout_source_new(UNDO_PAUSE_MS), self->place->context,
                                      on_retry, self);
    return true;
}

/* A service manager that stops the agent sends SIGTERM to all its processes, also to the hook that
 * is about to unlock a database. */
static bool
was_ended_by_others(const FrostHookOneshot *self, const FrostProcessResult *result)
{
    return self->phase == FROST_HOOK_THAW && !self->deaf && result->exec_errno == 0 &&
           !result->timed_out && !result->cancelled && WIFSIGNALED(result->wait_status) &&
           WTERMSIG(result->wait_status) == SIGTERM;
}

static bool
may_pass(int exec_errno)
{
    switch (exec_errno) {
    case EAGAIN:
    case EMFILE:
    case ENFILE:
    case ENOMEM:
    case ETXTBSY:
        return true;
    default:
        return false;
    }
}

static void
on_ended(void *user, const FrostProcessResult *result)
{
    FrostHookOneshot *self = user;

    g_autoptr(GError) error =
        frost_hook_call_end(self->place, self->hook, self->phase, result, false);
    g_clear_pointer(&self->process, frost_process_free);
    if (was_ended_by_others(self, result)) {
        g_warning("somebody has ended the thaw hook, which is run again: %s", error->message);
        self->deaf = true;
        run(self);
        return;
    }
    if (may_pass(result->exec_errno) && retry_undo(self, error))
        return;
    if (self->phase == FROST_HOOK_THAW || result->exec_errno != 0)
        atomic_store(&self->hook->state, FROST_HOOK_IDLE);
    self->reply.error = g_steal_pointer(&error);
    frost_reply_send(&self->reply, self->place->context);
}

static void
run(FrostHookOneshot *self)
{
    const FrostHookStart how = {.deaf = self->deaf};
    g_autoptr(GError) error = NULL;

    self->process =
        frost_hook_call_start(self->place, self->hook, self->phase, how, on_ended, self, &error);
    if (self->process || retry_undo(self, error))
        return;
    /* A freeze call that did not start needs no thaw. A thaw is given up after the last try. */
    frost_hook_call_give_up(self->place, self->hook, self->phase, error);
    self->reply.error = g_steal_pointer(&error);
    frost_reply_send(&self->reply, self->place->context);
}

FrostHookOneshot *
frost_hook_oneshot_new(const FrostHookPlace *place, FrostLedgerHook *hook, FrostHookPhase phase,
                       FrostReplyDone done, void *user)
{
    FrostHookOneshot *self = g_new0(FrostHookOneshot, 1);

    *self = (FrostHookOneshot){
        .place = place, .hook = hook, .phase = phase, .reply = {.done = done, .user = user}};
    run(self);
    return self;
}

void
frost_hook_oneshot_cancel(FrostHookOneshot *self)
{
    if (self->process)
        frost_process_cancel(self->process);
}

void
frost_hook_oneshot_free(FrostHookOneshot *self)
{
    if (!self)
        return;
    frost_process_free(self->process);
    frost_source_drop(&self->retry);
    frost_reply_clear(&self->reply);
    g_free(self);
}
