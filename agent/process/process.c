/* SPDX-License-Identifier: MIT */
#include "process.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "child-watch.h"
#include "process-child.h"
#include "process-output.h"
#include "source.h"

/* Between TERM and KILL: time to take back what a hook began, short enough for a host. */
#define GRACE_MS 2000

struct FrostProcess {
    GMainContext *context;
    FrostProcessReady ready;
    FrostProcessDone done;
    void *user;
    pid_t pid; /* 0 once reaped, or given up */
    FrostChildWatch *watch;
    int gate;  /* our end of the pair over which the child is let go, and says errno */
    int input; /* of a holder that is not let go: our end of its input; else -1 */
    unsigned timeout_s;
    bool timed_out;
    bool cancelled;
    FrostProcessOutput *output;
    GSource *deadline;
};

/* The process ---------------------------------------------------------------------------------- */

static void
kill_group(const FrostProcess *self, int signal_number)
{
    /* Not reaped yet, so neither pid nor group can be somebody else's. */
    if (self->pid > 0 && kill(-self->pid, signal_number) < 0)
        kill(self->pid, signal_number);
}

static int
read_exec_errno(const FrostProcess *self)
{
    int why = 0;

    return recv(self->gate, &why, sizeof why, MSG_DONTWAIT) == sizeof why ? why : 0;
}

/* The last thing that is done: the process may be freed in it. */
static void
report(FrostProcess *self, int wait_status)
{
    FrostProcessResult result = {.timed_out = self->timed_out,
                                 .cancelled = self->cancelled,
                                 .wait_status = wait_status,
                                 .exec_errno = read_exec_errno(self)};

    self->pid = 0;
    frost_source_drop(&self->deadline);
    frost_process_output_forget_ready(self->output);
    FrostProcessOutput *output = frost_process_output_ref(self->output);
    result.output = frost_process_output_take_rest(output, &result.output_length);
    self->done(self->user, &result);
    frost_process_output_unref(output);
}

static void
next_step(FrostProcess *self, GSourceFunc step)
{
    frost_source_drop(&self->deadline);
    self->deadline = frost_source_attach(g_timeout_source_new(GRACE_MS), self->context, step, self);
}

/* Not even KILL ends a process inside an uninterruptible call. Nobody waits for it any longer. */
static gboolean
on_unkillable(gpointer user)
{
    FrostProcess *self = user;

    g_warning("process %d does not end even by SIGKILL; it is left behind", (int)self->pid);
    g_clear_pointer(&self->watch, frost_child_watch_free);
    report(self, 0);
    return G_SOURCE_REMOVE;
}

static gboolean
on_grace_over(gpointer user)
{
    FrostProcess *self = user;

    kill_group(self, SIGKILL);
    next_step(self, on_unkillable);
    return G_SOURCE_REMOVE;
}

static void
end(FrostProcess *self)
{
    kill_group(self, SIGTERM);
    /* A stopped process would take TERM only when it is continued. */
    kill_group(self, SIGCONT);
    next_step(self, on_grace_over);
}

static gboolean
on_deadline(gpointer user)
{
    FrostProcess *self = user;

    self->timed_out = true;
    end(self);
    return G_SOURCE_REMOVE;
}

static void
on_end(void *user, FrostChildWatch *watch)
{
    FrostProcess *self = user;

    /* What the leader leaves behind of a group that had to be ended, or that was to hold; before
     * its number is free. */
    if (self->timed_out || self->cancelled || self->input >= 0)
        kill_group(self, SIGKILL);
    report(self, frost_child_watch_status(watch));
}

/* The child ends by itself: its gate is closed. */
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

/* From here on it holds for as long as we like. */
static void
on_ready(void *user)
{
    FrostProcess *self = user;

    frost_source_drop(&self->deadline);
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
    *self = (FrostProcess){.context = context,
                           .ready = spec->ready,
                           .done = spec->done,
                           .user = spec->user,
                           .pid = pid,
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
    return self->pid;
}

/* Not in whole seconds: such a timer may ring a quarter of a second early. */
static void
start_clock(FrostProcess *self)
{
    frost_source_drop(&self->deadline);
    self->deadline = frost_source_attach(g_timeout_source_new(self->timeout_s * 1000u),
                                         self->context, on_deadline, self);
}

void
frost_process_go(FrostProcess *self)
{
    /* Once more when the kernel had no memory for it: it would wait there until its time is over.
     */
    if (send(self->gate, "", 1, MSG_NOSIGNAL) < 0)
        send(self->gate, "", 1, MSG_NOSIGNAL);
    start_clock(self);
}

void
frost_process_cancel(FrostProcess *self)
{
    self->cancelled = true;
    if (self->pid > 0)
        end(self);
}

void
frost_process_let_go(FrostProcess *self)
{
    if (self->input < 0)
        return;
    close(self->input);
    self->input = -1;
    /* One that is being ended keeps the time it has for that. */
    if (!self->timed_out && !self->cancelled)
        start_clock(self);
}

void
frost_process_reap(FrostProcess *self)
{
    siginfo_t info = {0};

    if (self->pid > 0 && waitid(P_PID, (id_t)self->pid, &info, WEXITED | WNOHANG | WNOWAIT) == 0 &&
        info.si_pid != 0)
        on_end(self, self->watch);
}

void
frost_process_free(FrostProcess *self)
{
    if (!self)
        return;
    frost_source_drop(&self->deadline);
    if (self->pid > 0) {
        kill_group(self, SIGKILL);
        waitpid(self->pid, NULL, WNOHANG);
    }
    frost_child_watch_free(self->watch);
    close(self->gate);
    if (self->input >= 0)
        close(self->input);
    frost_process_output_free(self->output);
    g_free(self);
}

/* Without the heap: also the freezer asks. */
uint64_t
frost_process_start_time(pid_t pid)
{
    char path[32];
    char text[1024];

    snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return 0;
    ssize_t length = read(fd, text, sizeof text - 1);
    close(fd);
    text[MAX(length, 0)] = '\0';

    /* The name, field 2, is in brackets and may hold anything; the start is field 22. */
    const char *field = strrchr(text, ')');
    for (unsigned i = 0; field && i < 20; i++)
        field = strchr(field + 1, ' ');
    return field ? strtoull(field, NULL, 10) : 0;
}
