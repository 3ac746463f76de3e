/* SPDX-License-Identifier: MIT */
#include "hooks.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "log.h"
#include "process.h"

#define ORPHAN_WAIT_MS 1000

/* A database that is not unlocked costs more than a second of waiting for a descriptor or memory.
 */
#define UNDO_TRIES 5
#define UNDO_PAUSE_MS 200

G_DEFINE_QUARK(frost_hook_error, frost_hook_error)

typedef struct {
    FrostHooks base;
    char *configured; /* NULL: there is no hook */
    const char *path; /* what runs: the one configured, or the one that the ledger owes */
    unsigned timeout_s;
    GMainContext *context;
    FrostLedger *ledger; /* of the run under way */
    FrostProcess *process;
    GSource *idle;  /* a done that is due, or the next try */
    GError *error;  /* which the done will bring */
    unsigned tries; /* that could not be started */
    bool thawing;
    FrostHooksDone done;
    void *user;
} SingleHook;

static void
note_pid(FrostLedger *ledger, pid_t pid)
{
    atomic_store(&ledger->data->hook_start, pid > 0 ? frost_process_start_time(pid) : 0);
    atomic_store(&ledger->data->hook_pid, pid);
}

static gboolean
on_due(gpointer user)
{
    SingleHook *self = user;
    g_autoptr(GError) error = g_steal_pointer(&self->error);

    g_source_unref(self->idle);
    self->idle = NULL;
    self->done(self->user, error);
    return G_SOURCE_REMOVE;
}

/* Takes @error. */
static void
finish_later(SingleHook *self, GError *error)
{
    self->error = error;
    self->idle = g_idle_source_new();
    g_source_set_priority(self->idle, G_PRIORITY_DEFAULT);
    g_source_set_callback(self->idle, on_due, self, NULL);
    g_source_attach(self->idle, self->context);
}

static const char *
phase_name(const SingleHook *self)
{
    return self->thawing ? "thaw" : "freeze";
}

/* The words are qemu-ga's (protocol 4.6); a time limit it has not. */
static GError *
judge(const SingleHook *self, const FrostProcessResult *result)
{
    const char *output = result->output;

    if (result->timed_out)
        return g_error_new(FROST_HOOK_ERROR, FROST_HOOK_ERROR_TIMEOUT,
                           "fsfreeze hook '%s' did not finish its %s within %u seconds and was "
                           "ended",
                           self->path, phase_name(self), self->timeout_s);
    if (result->exec_errno != 0)
        return g_error_new(FROST_HOOK_ERROR, FROST_HOOK_ERROR_START,
                           "child process has failed to execute fsfreeze hook: failed to exec "
                           "'%s': %s\n",
                           self->path, g_strerror(result->exec_errno));
    if (WIFSIGNALED(result->wait_status) || result->cancelled)
        return g_error_new(FROST_HOOK_ERROR, FROST_HOOK_ERROR_FAILED,
                           "child process has terminated abnormally%s%s", *output ? ": " : "",
                           output);
    if (WEXITSTATUS(result->wait_status) == 0)
        return NULL;
    if (*output)
        return g_error_new(FROST_HOOK_ERROR, FROST_HOOK_ERROR_FAILED,
                           "child process has failed to execute fsfreeze hook: %s", output);
    return g_error_new(FROST_HOOK_ERROR, FROST_HOOK_ERROR_FAILED,
                       "child process has failed to execute fsfreeze hook: exit status %d",
                       WEXITSTATUS(result->wait_status));
}

static void
note_result(const SingleHook *self, const FrostProcessResult *result)
{
    FrostHookSide *side = &self->ledger->data->hook_sides[self->thawing];

    atomic_store(&side->status, result->exec_errno ? result->exec_errno : result->wait_status);
    atomic_store(&side->result, result->exec_errno  ? FROST_HOOK_SIDE_NOT_STARTED
                                : result->timed_out ? FROST_HOOK_SIDE_TIMED_OUT
                                                    : FROST_HOOK_SIDE_ENDED);
}

static void run(SingleHook *self);

static gboolean
on_next_try(gpointer user)
{
    SingleHook *self = user;

    g_source_unref(self->idle);
    self->idle = NULL;
    run(self);
    return G_SOURCE_REMOVE;
}

/* What was begun is not left because the machine is short of something at this moment. Until then
 * the ledger calls it begun: whoever comes after a death undoes it. */
static bool
try_undo_again(SingleHook *self, const GError *error)
{
    if (!self->thawing || ++self->tries >= UNDO_TRIES)
        return false;
    g_warning("the thaw hook is tried again: %s", error->message);
    self->idle = g_timeout_source_new(UNDO_PAUSE_MS);
    g_source_set_callback(self->idle, on_next_try, self, NULL);
    g_source_attach(self->idle, self->context);
    return true;
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
    SingleHook *self = user;
    g_autoptr(GError) error = judge(self, result);

    note_pid(self->ledger, 0);
    if (may_pass(result->exec_errno) && try_undo_again(self, error)) {
        g_clear_pointer(&self->process, frost_process_free);
        return;
    }
    note_result(self, result);
    if (self->thawing || result->exec_errno != 0)
        atomic_store(&self->ledger->data->hook_state, FROST_HOOK_IDLE);
    if (result->output_length > 0)
        g_debug("fsfreeze hook '%s' %s: %s", self->path, phase_name(self), result->output);
    g_clear_pointer(&self->process, frost_process_free);
    self->done(self->user, error);
}

static void
run(SingleHook *self)
{
    const char *argv[] = {self->path, phase_name(self), NULL};
    GError *error = NULL;

    frost_slog("executing fsfreeze hook with arg '%s'", phase_name(self));
    self->process = frost_process_new(argv, self->timeout_s, self->context, on_ended, self, &error);
    if (!self->process && try_undo_again(self, error)) {
        g_error_free(error);
        return;
    }
    if (!self->process) {
        /* A hook that never began is owed nothing; one that cannot be undone is not tried for
         * ever. */
        atomic_store(&self->ledger->data->hook_state, FROST_HOOK_IDLE);
        finish_later(self, error);
        return;
    }
    atomic_store(&self->ledger->data->hook_state,
                 self->thawing ? FROST_HOOK_UNDOING : FROST_HOOK_BEGUN);
    note_pid(self->ledger, frost_process_pid(self->process));
    frost_process_go(self->process);
}

static void
begin(SingleHook *self, FrostLedger *ledger, bool thawing, FrostHooksDone done, void *user)
{
    self->ledger = ledger;
    self->thawing = thawing;
    self->tries = 0;
    self->done = done;
    self->user = user;
}

static void
single_up(FrostHooks *base, FrostLedger *ledger, FrostHooksDone done, void *user)
{
    SingleHook *self = (SingleHook *)base;

    begin(self, ledger, false, done, user);
    self->path = self->configured;
    if (!self->path) {
        finish_later(self, NULL);
        return;
    }
    g_strlcpy(ledger->data->hook_path, self->path, sizeof ledger->data->hook_path);
    ledger->data->hook_timeout_s = self->timeout_s;
    run(self);
}

/* Its thaw must not run beside it. What does not even end by KILL is not waited for for ever. */
static void
kill_and_wait(pid_t pid)
{
    struct pollfd gone = {.fd = (int)syscall(SYS_pidfd_open, pid, 0), .events = POLLIN};

    kill(-pid, SIGKILL);
    if (gone.fd < 0)
        return;
    poll(&gone, 1, ORPHAN_WAIT_MS);
    close(gone.fd);
}

/* A side that was still running when its agent died, and is no child of ours. */
static void
end_orphan(FrostLedger *ledger)
{
    pid_t pid = atomic_load(&ledger->data->hook_pid);
    uint64_t start = atomic_load(&ledger->data->hook_start);

    if (pid > 1 && start != 0 && frost_process_start_time(pid) == start) {
        g_warning("ending the hook that an earlier agent left running, process %d", (int)pid);
        kill_and_wait(pid);
    }
    note_pid(ledger, 0);
}

static void
single_down(FrostHooks *base, FrostLedger *ledger, FrostHooksDone done, void *user)
{
    SingleHook *self = (SingleHook *)base;

    begin(self, ledger, true, done, user);
    if (atomic_load(&ledger->data->hook_state) == FROST_HOOK_IDLE) {
        finish_later(self, NULL);
        return;
    }
    end_orphan(ledger);
    /* The one that ran up, whatever is configured since. */
    self->path = ledger->data->hook_path;
    run(self);
}

static void
single_cancel(FrostHooks *base)
{
    SingleHook *self = (SingleHook *)base;

    if (self->process)
        frost_process_cancel(self->process);
}

static void
single_free(FrostHooks *base)
{
    SingleHook *self = (SingleHook *)base;

    frost_process_free(self->process);
    if (self->idle) {
        g_source_destroy(self->idle);
        g_source_unref(self->idle);
    }
    g_clear_error(&self->error);
    g_free(self->configured);
    g_free(self);
}

FrostHooks *
frost_hooks_new_single(const char *path, unsigned timeout_s, GMainContext *context)
{
    SingleHook *self = g_new0(SingleHook, 1);

    self->base = (FrostHooks){
        .up = single_up, .down = single_down, .cancel = single_cancel, .free = single_free};
    self->configured = g_strdup(path);
    self->timeout_s = timeout_s;
    self->context = context;
    return &self->base;
}
