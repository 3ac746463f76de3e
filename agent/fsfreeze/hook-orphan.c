/* SPDX-License-Identifier: MIT */
#include "hook-orphan.h"

#include <errno.h>
#include <glib-unix.h>
#include <poll.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "hooks.h"
#include "source.h"

/* What does not even end by KILL is not waited for for ever. */
#define KILL_WAIT_MS 1000
/* As process.c gives its own. */
#define GRACE_MS 2000

struct FrostHookOrphan {
    const FrostHookPlace *place;
    FrostLedgerHook *hook;
    pid_t pid;
    int pidfd; /* -1: it had ended */
    GSource *end;
    GSource *limit;
    bool timed_out;
    FrostHookDone done;
    void *user;
};

static int
open_pidfd(pid_t pid)
{
    return (int)syscall(SYS_pidfd_open, pid, 0);
}

bool
frost_hook_orphan_is_alive(const FrostLedgerHook *hook)
{
    pid_t pid = atomic_load(&hook->pid);
    uint64_t start = atomic_load(&hook->start);

    return pid > 1 && start != 0 && frost_process_start_time(pid) == start;
}

void
frost_hook_orphan_kill(FrostLedgerHook *hook)
{
    pid_t pid = atomic_load(&hook->pid);

    if (frost_hook_orphan_is_alive(hook)) {
        struct pollfd gone = {.fd = open_pidfd(pid), .events = POLLIN};

        g_warning("ending the hook that an earlier agent left running, process %d", (int)pid);
        kill(-pid, SIGKILL);
        if (gone.fd >= 0) {
            poll(&gone, 1, KILL_WAIT_MS);
            close(gone.fd);
        }
    }
    frost_hook_side_note_pid(hook, 0);
}

static void
finish(FrostHookOrphan *self)
{
    g_autoptr(GError) error = NULL;

    if (self->timed_out)
        error = g_error_new(FROST_HOOK_ERROR, FROST_HOOK_ERROR_TIMEOUT,
                            "fsfreeze hook '%s' of an earlier agent did not end within %u seconds "
                            "and was ended",
                            self->hook->name, self->place->ledger->data->hook_timeout_s);
    frost_hook_side_note(self->place, self->hook, true,
                         self->timed_out ? FROST_HOOK_SIDE_TIMED_OUT : FROST_HOOK_SIDE_GONE, 0,
                         NULL);
    frost_hook_side_note_pid(self->hook, 0);
    atomic_store(&self->hook->state, FROST_HOOK_IDLE);
    self->done(self->user, error);
}

static gboolean
on_end(gint fd, GIOCondition condition, gpointer user)
{
    finish(user);
    return G_SOURCE_REMOVE;
}

static gboolean
on_over(gpointer user)
{
    finish(user);
    return G_SOURCE_REMOVE;
}

static void
next_step(FrostHookOrphan *self, guint after_ms, GSourceFunc step)
{
    frost_source_drop(&self->limit);
    self->limit =
        frost_source_attach(g_timeout_source_new(after_ms), self->place->context, step, self);
}

static gboolean
on_grace_over(gpointer user)
{
    FrostHookOrphan *self = user;

    kill(-self->pid, SIGKILL);
    next_step(self, GRACE_MS, on_over);
    return G_SOURCE_REMOVE;
}

/* The number is still its: the pidfd would have told. */
static gboolean
on_limit(gpointer user)
{
    FrostHookOrphan *self = user;

    self->timed_out = true;
    kill(-self->pid, SIGTERM);
    kill(-self->pid, SIGCONT);
    next_step(self, GRACE_MS, on_grace_over);
    return G_SOURCE_REMOVE;
}

FrostHookOrphan *
frost_hook_orphan_await(const FrostHookPlace *place, FrostLedgerHook *hook, FrostHookDone done,
                        void *user)
{
    FrostHookOrphan *self = g_new0(FrostHookOrphan, 1);
    guint limit_ms = place->ledger->data->hook_timeout_s * 1000u;

    *self = (FrostHookOrphan){.place = place,
                              .hook = hook,
                              .pid = atomic_load(&hook->pid),
                              .pidfd = -1,
                              .done = done,
                              .user = user};
    frost_hook_side_note_begin(place, hook, true);
    if (frost_hook_orphan_is_alive(hook))
        self->pidfd = open_pidfd(self->pid);
    if (self->pidfd < 0) {
        next_step(self, 0, on_over);
        return self;
    }
    self->end = frost_source_attach(g_unix_fd_source_new(self->pidfd, G_IO_IN), place->context,
                                    G_SOURCE_FUNC(on_end), self);
    next_step(self, limit_ms, on_limit);
    return self;
}

void
frost_hook_orphan_free(FrostHookOrphan *self)
{
    if (!self)
        return;
    frost_source_drop(&self->end);
    frost_source_drop(&self->limit);
    if (self->pidfd >= 0)
        close(self->pidfd);
    g_free(self);
}
