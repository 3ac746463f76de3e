/* SPDX-License-Identifier: MIT */
#include "hook-orphan.h"

#include <errno.h>
#include <glib-unix.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "hook-error.h"
#include "kill-timer.h"
#include "process-start.h"
#include "source.h"

/* A process that SIGKILL does not end is waited for no longer. */
#define KILL_WAIT_MS 1000

struct FrostHookOrphan {
    const FrostHookPlace *place;
    FrostLedgerHook *hook;
    int pidfd; /* -1: it has ended, or could not be opened */
    GSource *end;
    GSource *limit;       /* for one that is killed */
    FrostKillTimer timer; /* for one that is awaited. Its pid cannot have been reused while the
                             pidfd shows no end */
    FrostReply reply;
};

/* True if the hook's process runs: its pid belongs to a process with the same start time. */
static bool
is_alive(const FrostLedgerHook *hook)
{
    pid_t pid = atomic_load(&hook->pid);
    uint64_t start = atomic_load(&hook->start);

    return pid > 1 && start != 0 && frost_process_start_time(pid) == start;
}

/* A hold hook has ended, or could not be ended: it is IDLE. */
static void
note_end(void *user)
{
    FrostHookOrphan *self = user;
    bool timed_out = self->timer.timed_out;

    if (timed_out)
        self->reply.error =
            g_error_new(FROST_HOOK_ERROR, FROST_HOOK_ERROR_TIMEOUT,
                        "fsfreeze hook '%s' of an earlier agent did not end within %u seconds and "
                        "was ended",
                        self->hook->name, self->place->ledger->data->hook_timeout_s);
    frost_source_drop(&self->end);
    frost_kill_timer_stop(&self->timer);
    frost_hook_call_note(self->place, self->hook, FROST_HOOK_THAW,
                         timed_out ? FROST_HOOK_SIDE_TIMED_OUT : FROST_HOOK_SIDE_GONE, 0, NULL);
    frost_hook_call_note_pid(self->hook, 0);
    atomic_store(&self->hook->state, FROST_HOOK_IDLE);
    frost_reply_send(&self->reply, self->place->context);
}

static gboolean
on_end(gint fd, GIOCondition condition, gpointer user)
{
    note_end(user);
    return G_SOURCE_REMOVE;
}

static FrostHookOrphan *
new_orphan(const FrostHookPlace *place, FrostLedgerHook *hook, FrostReplyDone done, void *user)
{
    FrostHookOrphan *self = g_new0(FrostHookOrphan, 1);
    pid_t pid = atomic_load(&hook->pid);

    *self = (FrostHookOrphan){
        .place = place,
        .hook = hook,
        .pidfd = is_alive(hook) ? (int)syscall(SYS_pidfd_open, pid, 0) : -1,
        .timer = {.context = place->context, .group = pid, .unkillable = note_end, .user = self},
        .reply = {.done = done, .user = user}};
    return self;
}

static void
follow(FrostHookOrphan *self, GUnixFDSourceFunc ended)
{
    self->end = frost_source_attach(g_unix_fd_source_new(self->pidfd, G_IO_IN),
                                    self->place->context, G_SOURCE_FUNC(ended), self);
}

FrostHookOrphan *
frost_hook_orphan_await(const FrostHookPlace *place, FrostLedgerHook *hook, FrostReplyDone done,
                        void *user)
{
    FrostHookOrphan *self = new_orphan(place, hook, done, user);

    frost_hook_call_note_begin(place, hook, FROST_HOOK_THAW);
    if (self->pidfd < 0) {
        note_end(self);
        return self;
    }
    follow(self, on_end);
    frost_kill_timer_start(&self->timer, place->ledger->data->hook_timeout_s);
    return self;
}

/* An ordinary hook has ended, or could not be ended: it must be called with thaw in any case. */
static void
note_killed(FrostHookOrphan *self)
{
    frost_source_drop(&self->end);
    frost_source_drop(&self->limit);
    frost_hook_call_note_pid(self->hook, 0);
    frost_reply_send(&self->reply, self->place->context);
}

static gboolean
on_killed(gint fd, GIOCondition condition, gpointer user)
{
    note_killed(user);
    return G_SOURCE_REMOVE;
}

static gboolean
on_kill_limit(gpointer user)
{
    note_killed(user);
    return G_SOURCE_REMOVE;
}

FrostHookOrphan *
frost_hook_orphan_kill(const FrostHookPlace *place, FrostLedgerHook *hook, FrostReplyDone done,
                       void *user)
{
    FrostHookOrphan *self = new_orphan(place, hook, done, user);

    if (self->pidfd < 0 && !is_alive(hook)) {
        note_killed(self);
        return self;
    }
    g_warning("ending the hook that an earlier agent left running, process %d",
              (int)self->timer.group);
    kill(-self->timer.group, SIGKILL);
    if (self->pidfd >= 0) /* else its end is not seen, and the limit passes */
        follow(self, on_killed);
    self->limit = frost_source_attach(g_timeout_source_new(KILL_WAIT_MS), place->context,
                                      on_kill_limit, self);
    return self;
}

void
frost_hook_orphan_free(FrostHookOrphan *self)
{
    if (!self)
        return;
    frost_source_drop(&self->end);
    frost_source_drop(&self->limit);
    frost_kill_timer_stop(&self->timer);
    frost_reply_clear(&self->reply);
    if (self->pidfd >= 0)
        close(self->pidfd);
    g_free(self);
}
