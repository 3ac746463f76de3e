/* SPDX-License-Identifier: MIT */
#include "hook-run.h"

#include <errno.h>
#include <signal.h>
#include <sys/wait.h>

#include "source.h"

/* A database that is not unlocked costs more than a second of waiting for a descriptor or memory.
 */
#define UNDO_TRIES 5
#define UNDO_PAUSE_MS 200

struct FrostHookRun {
    const FrostHookPlace *place;
    FrostLedgerHook *hook;
    bool thawing;
    FrostProcess *process;
    GSource *later; /* the next try, or a done that is due */
    GError *error;  /* which that done will bring */
    unsigned tries; /* that could not be started */
    bool deaf;      /* a thaw that somebody has ended before */
    FrostHookDone done;
    void *user;
};

static void run(FrostHookRun *self);

static gboolean
on_next_try(gpointer user)
{
    FrostHookRun *self = user;

    frost_source_drop(&self->later);
    run(self);
    return G_SOURCE_REMOVE;
}

/* What was begun is not left because the machine is short of something at this moment. Until then
 * the ledger calls it begun: whoever comes after a death undoes it. */
static bool
try_undo_again(FrostHookRun *self, const GError *error)
{
    if (!self->thawing || ++self->tries >= UNDO_TRIES)
        return false;
    g_warning("the thaw hook is tried again: %s", error->message);
    self->later = frost_source_attach(g_timeout_source_new(UNDO_PAUSE_MS), self->place->context,
                                      on_next_try, self);
    return true;
}

/* A service manager that stops the agent sends TERM to all that belongs to it, the hook that undoes
 * the freeze included, which would leave the database as it was frozen. */
static bool
was_ended_by_others(const FrostHookRun *self, const FrostProcessResult *result)
{
    return self->thawing && !self->deaf && result->exec_errno == 0 && !result->timed_out &&
           !result->cancelled && WIFSIGNALED(result->wait_status) &&
           WTERMSIG(result->wait_status) == SIGTERM;
}

static void
undo_again_deaf(FrostHookRun *self, const GError *error)
{
    g_warning("somebody has ended the thaw hook, which is run again: %s", error->message);
    self->deaf = true;
    run(self);
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
    FrostHookRun *self = user;
    bool not_started = result->exec_errno != 0;

    frost_hook_side_note_pid(self->hook, 0);
    g_autoptr(GError) error =
        frost_hook_side_end(self->place, self->hook, self->thawing, result, false);
    g_clear_pointer(&self->process, frost_process_free);
    if (was_ended_by_others(self, result)) {
        undo_again_deaf(self, error);
        return;
    }
    if (may_pass(result->exec_errno) && try_undo_again(self, error))
        return;
    if (self->thawing || not_started)
        atomic_store(&self->hook->state, FROST_HOOK_IDLE);
    self->done(self->user, error);
}

static gboolean
on_due(gpointer user)
{
    FrostHookRun *self = user;
    g_autoptr(GError) error = g_steal_pointer(&self->error);

    frost_source_drop(&self->later);
    self->done(self->user, error);
    return G_SOURCE_REMOVE;
}

static void
run(FrostHookRun *self)
{
    g_autoptr(GError) error = NULL;

    const FrostHookStart how = {.deaf = self->deaf};

    self->process =
        frost_hook_side_fork(self->place, self->hook, self->thawing, how, on_ended, self, &error);
    if (self->process) {
        frost_hook_side_go(self->place, self->hook, self->thawing, self->process);
    } else if (!try_undo_again(self, error)) {
        /* A hook that never began is owed nothing; one that cannot be undone is not tried for
         * ever. */
        frost_hook_side_give_up(self->place, self->hook, self->thawing, error);
        self->error = g_steal_pointer(&error);
        self->later = frost_source_now(self->place->context, on_due, self);
    }
}

FrostHookRun *
frost_hook_run_new(const FrostHookPlace *place, FrostLedgerHook *hook, bool thawing,
                   FrostHookDone done, void *user)
{
    FrostHookRun *self = g_new0(FrostHookRun, 1);

    *self = (FrostHookRun){
        .place = place, .hook = hook, .thawing = thawing, .done = done, .user = user};
    run(self);
    return self;
}

void
frost_hook_run_cancel(FrostHookRun *self)
{
    if (self->process)
        frost_process_cancel(self->process);
}

void
frost_hook_run_free(FrostHookRun *self)
{
    if (!self)
        return;
    frost_process_free(self->process);
    frost_source_drop(&self->later);
    g_clear_error(&self->error);
    g_free(self);
}
