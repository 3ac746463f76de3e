/* SPDX-License-Identifier: MIT */
#include "launch.h"

#include <errno.h>
#include <glib-unix.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "child-start.h"
#include "child-watch.h"
#include "pipe-writer.h"
#include "source.h"

/* How long exec may take: from a network filesystem that does not answer, it would never return. */
#define START_LIMIT_S 20

typedef struct {
    FrostChildPipe input;
    FrostChildPipe out;
    FrostChildPipe err;
} Pipes;

struct FrostLaunch {
    const FrostLaunchEvents *events;
    void *user;
    pid_t pid;
    FrostChildWatch *watch;
    int wait_status;
    bool has_started;
    bool has_ended;
    int gate; /* our end of the gate (child-start.h) */
    GSource *gate_source;
    GSource *limit;
    FrostPipeWriter *input;
    FrostPipeReader *out;
    FrostPipeReader *err;
};

static void
pipes_clear(Pipes *self)
{
    frost_child_pipe_close(&self->input);
    frost_child_pipe_close(&self->out);
    frost_child_pipe_close(&self->err);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Pipes, pipes_clear)

static bool
make_pipes(Pipes *self, const FrostLaunchOrder *order)
{
    return (!order->input || frost_child_pipe_open(&self->input, true)) &&
           (!order->keep_out || frost_child_pipe_open(&self->out, false)) &&
           (!order->keep_err || order->merge || frost_child_pipe_open(&self->err, false));
}

/* Start and end ------------------------------------------------------------------------------ */

static void
report_start(FrostLaunch *self, int error)
{
    if (self->has_started)
        return;
    self->has_started = true;
    frost_source_drop(&self->gate_source);
    frost_source_drop(&self->limit);
    self->events->started(self->user, error);
}

static gboolean
on_gate(gint fd, GIOCondition condition, gpointer user)
{
    FrostLaunch *self = user;

    report_start(self, frost_child_exec_errno(self->gate));
    return G_SOURCE_REMOVE;
}

static gboolean
on_limit(gpointer user)
{
    FrostLaunch *self = user;

    frost_launch_kill(self);
    report_start(self, ETIMEDOUT);
    return G_SOURCE_REMOVE;
}

static void
on_end(void *user, FrostChildWatch *watch)
{
    FrostLaunch *self = user;

    self->wait_status = frost_child_watch_status(watch);
    g_clear_pointer(&self->watch, frost_child_watch_free);
    if (self->out)
        frost_pipe_reader_drain(self->out);
    if (self->err)
        frost_pipe_reader_drain(self->err);
    g_clear_pointer(&self->input, frost_pipe_writer_free);
    report_start(self, frost_child_exec_errno(self->gate));
    self->has_ended = true;
    self->events->ended(self->user);
}

static FrostLaunch *
fail(GError **error, const char *what)
{
    int why = errno;

    g_set_error(error, G_FILE_ERROR, (int)g_file_error_from_errno(why), "%s: %s", what,
                g_strerror(why));
    return NULL;
}

/* Takes ownership of our ends of @pipes. */
static void
connect_streams(FrostLaunch *self, Pipes *pipes, const FrostLaunchOrder *order,
                GMainContext *context, FrostPipeBudget *budget)
{
    if (order->input)
        self->input = frost_pipe_writer_new(pipes->input.ours, context, order->input);
    if (pipes->out.ours >= 0)
        self->out = frost_pipe_reader_new(pipes->out.ours, context, budget);
    if (pipes->err.ours >= 0)
        self->err = frost_pipe_reader_new(pipes->err.ours, context, budget);
    pipes->input.ours = pipes->out.ours = pipes->err.ours = -1;

    self->gate_source = frost_source_attach(g_unix_fd_source_new(self->gate, G_IO_IN | G_IO_HUP),
                                            context, G_SOURCE_FUNC(on_gate), self);
    self->limit =
        frost_source_attach(g_timeout_source_new_seconds(START_LIMIT_S), context, on_limit, self);
}

FrostLaunch *
frost_launch_new(const FrostLaunchOrder *order, GMainContext *context, FrostPipeBudget *budget,
                 const FrostLaunchEvents *events, void *user, GError **error)
{
    g_auto(Pipes) pipes = {FROST_CHILD_PIPE, FROST_CHILD_PIPE, FROST_CHILD_PIPE};
    int gate;

    if (!make_pipes(&pipes, order))
        return fail(error, "cannot create pipe FDs");
    const FrostChildStart start = {.path = order->path,
                                   .argv = order->argv,
                                   .env = order->env,
                                   .setting = order->setting,
                                   .in = pipes.input.theirs,
                                   .out = pipes.out.theirs,
                                   .err = order->merge ? pipes.out.theirs : pipes.err.theirs};
    pid_t pid = frost_child_start(&start, &gate);
    if (pid < 0)
        return fail(error, "failed to create child process");

    FrostLaunch *self = g_new0(FrostLaunch, 1);
    *self = (FrostLaunch){.events = events, .user = user, .pid = pid, .gate = gate};
    self->watch = frost_child_watch_new(pid, context, on_end, self);
    if (!self->watch) {
        fail(error, "failed to create child process");
        kill(pid, SIGKILL);
        waitpid(pid, NULL, 0);
        close(gate);
        g_free(self);
        return NULL;
    }
    connect_streams(self, &pipes, order, context, budget);
    return self;
}

void
frost_launch_free(FrostLaunch *self)
{
    if (!self)
        return;
    frost_source_drop(&self->gate_source);
    frost_source_drop(&self->limit);
    close(self->gate);
    frost_child_watch_free(self->watch);
    frost_pipe_writer_free(self->input);
    frost_pipe_reader_abandon(self->out);
    frost_pipe_reader_abandon(self->err);
    g_free(self);
}

pid_t
frost_launch_pid(const FrostLaunch *self)
{
    return self->pid;
}

int
frost_launch_wait_status(const FrostLaunch *self)
{
    return self->wait_status;
}

const FrostPipeReader *
frost_launch_out(const FrostLaunch *self)
{
    return self->out;
}

const FrostPipeReader *
frost_launch_err(const FrostLaunch *self)
{
    return self->err;
}

void
frost_launch_kill(FrostLaunch *self)
{
    /* The child was not reaped yet, so its number cannot have been reused. */
    if (self->watch && kill(-self->pid, SIGKILL) < 0)
        kill(self->pid, SIGKILL);
}
