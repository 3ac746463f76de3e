/* SPDX-License-Identifier: MIT */
#include "process.h"

#include <errno.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "child-start.h"
#include "child-watch.h"
#include "kill-timer.h"
#include "process-child.h"
#include "process-output.h"

struct FrostProcess {
    FrostProcessReady ready;
    FrostProcessDone done;
    void *user;
    FrostKillTimer timer; /* its group is 0 once the child was reaped or given up */
    FrostChildWatch *watch;
    int gate;  /* our end of the gate (child-start.h) */
    int input; /* our end of its standard input, until it is let go; -1: none */
    unsigned timeout_s;
    bool cancelled;
    FrostProcessOutput *output;
};

/* The process ---------------------------------------------------------------------------------- */

/* Calls done, which may free the process: nothing may come after this. */
static void
report(FrostProcess *self, int wait_status)
{
    FrostProcessResult result = {.timed_out = self->timer.timed_out,
                                 .cancelled = self->cancelled,
                                 .wait_status = wait_status,
                                 .exec_errno = frost_child_exec_errno(self->gate)};

    self->timer.group = 0;
    frost_kill_timer_stop(&self->timer);
    frost_process_output_forget_ready(self->output);
    FrostProcessOutput *output = frost_process_output_ref(self->output);
    result.output = frost_process_output_take_rest(output, &result.output_length);
    self->done(self->user, &result);
    frost_process_output_unref(output);
}

static void
on_unkillable(void *user)
{
    FrostProcess *self = user;

    g_clear_pointer(&self->watch, frost_child_watch_free);
    report(self, 0);
}

static void
on_end(void *user, FrostChildWatch *watch)
{
    FrostProcess *self = user;

    /* The rest of a group that had to be ended, or of a hold hook that was not let go, is killed.
     * The leader is still a zombie, so the group's number cannot have been reused. */
    if (self->timer.timed_out || self->cancelled || self->input >= 0)
        frost_kill_timer_signal(&self->timer, SIGKILL);
    report(self, frost_child_watch_status(watch));
}

/* Closes the gate, so that the child exits. */
static void
give_up(pid_t pid, const FrostProcessEnds *ends, GError **error)
{
    int why = errno;

    close(ends->gate);
    close(ends->output);
    if (ends->input >= 0)
        close(ends->input);
    waitpid(pid, NULL, 0);
    g_set_error(error, G_FILE_ERROR, g_file_error_from_errno(why),
                "failed to create child process: %s", g_strerror(why));
}

/* It is ready, and may now run without a time limit. */
static void
on_ready(void *user)
{
    FrostProcess *self = user;

    frost_kill_timer_stop(&self->timer);
    self->ready(self->user);
}

FrostProcess *
frost_process_new(const FrostProcessSpec *spec, GMainContext *context, GError **error)
{
    FrostProcessEnds ends;
    pid_t pid = frost_process_fork(spec, &ends, error);

    if (pid < 0)
        return NULL;
    FrostProcess *self = g_new0(FrostProcess, 1);
    *self = (FrostProcess){
        .ready = spec->ready,
        .done = spec->done,
        .user = spec->user,
        .timer = {.context = context, .group = pid, .unkillable = on_unkillable, .user = self},
        .gate = ends.gate,
        .input = ends.input,
        .timeout_s = spec->timeout_s};
    self->watch = frost_child_watch_new(pid, context, on_end, self);
    if (!self->watch) {
        give_up(pid, &ends, error);
        g_free(self);
        return NULL;
    }
    self->output = frost_process_output_new(ends.output, spec->ready_line, on_ready, self, context);
    return self;
}

pid_t
frost_process_pid(const FrostProcess *self)
{
    return self->timer.group;
}

const char *
frost_process_said(const FrostProcess *self)
{
    return frost_process_output_kept(self->output);
}

void
frost_process_go(FrostProcess *self)
{
    /* Try twice, as the kernel may have no memory for a moment: the child would wait for the byte
     * until its time is over. */
    if (send(self->gate, "", 1, MSG_NOSIGNAL) < 0)
        send(self->gate, "", 1, MSG_NOSIGNAL);
    frost_kill_timer_start(&self->timer, self->timeout_s);
}

void
frost_process_cancel(FrostProcess *self)
{
    self->cancelled = true;
    if (self->timer.group > 0)
        frost_kill_timer_end_group(&self->timer);
}

void
frost_process_let_go(FrostProcess *self)
{
    if (self->input < 0)
        return;
    close(self->input);
    self->input = -1;
    /* If it is being ended already, that goes on as it is. */
    if (!self->timer.timed_out && !self->cancelled)
        frost_kill_timer_start(&self->timer, self->timeout_s);
}

void
frost_process_reap(FrostProcess *self)
{
    pid_t pid = self->timer.group;
    siginfo_t info = {0};

    if (pid > 0 && waitid(P_PID, (id_t)pid, &info, WEXITED | WNOHANG | WNOWAIT) == 0 &&
        info.si_pid != 0)
        on_end(self, self->watch);
}

void
frost_process_free(FrostProcess *self)
{
    if (!self)
        return;
    frost_kill_timer_stop(&self->timer);
    frost_kill_timer_signal(&self->timer, SIGKILL);
    if (self->timer.group > 0)
        waitpid(self->timer.group, NULL, WNOHANG);
    frost_child_watch_free(self->watch);
    close(self->gate);
    if (self->input >= 0)
        close(self->input);
    frost_process_output_free(self->output);
    g_free(self);
}
