/* SPDX-License-Identifier: MIT */
#include "launch.h"

#include <errno.h>
#include <fcntl.h>
#include <glib-unix.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "child-watch.h"
#include "fork.h"
#include "inflow.h"
#include "source.h"

/* For the kernel to find the program and load it: from a network filesystem that is away it would
 * never come back. */
#define START_LIMIT_S 20

/* Descriptors with one owner; -1 is none. */
typedef struct {
    int ours;
    int theirs;
} Pipe;

typedef struct {
    Pipe input;
    Pipe out;
    Pipe err;
    Pipe word; /* the errno of a start that failed; its end is a start that did not */
} Pipes;

struct FrostLaunch {
    const FrostLaunchEvents *events;
    void *user;
    pid_t pid;
    FrostChildWatch *watch;
    int wait_status;
    bool has_started;
    bool has_ended;
    int word; /* our end */
    GSource *word_source;
    GSource *limit;
    FrostInflow *input;
    FrostOutflow *out;
    FrostOutflow *err;
};

/* Pipes -------------------------------------------------------------------------------------- */

static void
drop(int *fd)
{
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}

static void
pipes_clear(Pipes *pipes)
{
    Pipe *all[] = {&pipes->input, &pipes->out, &pipes->err, &pipes->word};

    for (size_t i = 0; i < G_N_ELEMENTS(all); i++) {
        drop(&all[i]->ours);
        drop(&all[i]->theirs);
    }
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Pipes, pipes_clear)

static bool
make(Pipe *end, bool child_reads)
{
    int fds[2];

    if (pipe2(fds, O_CLOEXEC) < 0)
        return false;
    *end = (Pipe){.ours = fds[child_reads ? 1 : 0], .theirs = fds[child_reads ? 0 : 1]};
    return true;
}

static bool
make_pipes(Pipes *pipes, const FrostLaunchOrder *order)
{
    return make(&pipes->word, false) && (!order->input || make(&pipes->input, true)) &&
           (!order->keep_out || make(&pipes->out, false)) &&
           (!order->keep_err || order->merge || make(&pipes->err, false));
}

/* The child ---------------------------------------------------------------------------------- */

static void
become_stream(int fd, int null_fd, int stream)
{
    dup2(fd >= 0 ? fd : null_fd, stream);
}

/* After fork: only what is safe there. */
static G_GNUC_NORETURN void
child(const FrostLaunchOrder *order, const Pipes *pipes)
{
    int null_fd = open("/dev/null", O_RDWR | O_CLOEXEC);

    setsid();
    frost_default_signals();
    become_stream(pipes->input.theirs, null_fd, STDIN_FILENO);
    become_stream(pipes->out.theirs, null_fd, STDOUT_FILENO);
    become_stream(order->merge ? STDOUT_FILENO : pipes->err.theirs, null_fd, STDERR_FILENO);
    if (order->env)
        environ = (char **)order->env;
    execvp(order->path, (char *const *)order->argv);

    int why = errno;
    if (write(pipes->word.theirs, &why, sizeof why) < 0)
        _exit(EXIT_FAILURE);
    _exit(127);
}

/* Its start and its end ---------------------------------------------------------------------- */

static void
tell_started(FrostLaunch *self, int error)
{
    if (self->has_started)
        return;
    self->has_started = true;
    frost_source_drop(&self->word_source);
    frost_source_drop(&self->limit);
    self->events->started(self->user, error);
}

static int
read_word(const FrostLaunch *self)
{
    int why = 0;

    return read(self->word, &why, sizeof why) == sizeof why ? why : 0;
}

static gboolean
on_word(gint fd, GIOCondition condition, gpointer user)
{
    FrostLaunch *self = user;

    tell_started(self, read_word(self));
    return G_SOURCE_REMOVE;
}

static gboolean
on_limit(gpointer user)
{
    FrostLaunch *self = user;

    frost_launch_kill(self);
    tell_started(self, ETIMEDOUT);
    return G_SOURCE_REMOVE;
}

static void
on_end(void *user, FrostChildWatch *watch)
{
    FrostLaunch *self = user;

    self->wait_status = frost_child_watch_status(watch);
    g_clear_pointer(&self->watch, frost_child_watch_free);
    if (self->out)
        frost_outflow_drain(self->out);
    if (self->err)
        frost_outflow_drain(self->err);
    g_clear_pointer(&self->input, frost_inflow_free);
    tell_started(self, read_word(self));
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

static void
connect_streams(FrostLaunch *self, Pipes *pipes, const FrostLaunchOrder *order,
                GMainContext *context, FrostOutflowBudget *budget)
{
    if (order->input)
        self->input = frost_inflow_new(pipes->input.ours, context, order->input);
    if (pipes->out.ours >= 0)
        self->out = frost_outflow_new(pipes->out.ours, context, budget);
    if (pipes->err.ours >= 0)
        self->err = frost_outflow_new(pipes->err.ours, context, budget);
    pipes->input.ours = pipes->out.ours = pipes->err.ours = -1;

    self->word = pipes->word.ours;
    pipes->word.ours = -1;
    g_unix_set_fd_nonblocking(self->word, TRUE, NULL);
    self->word_source = frost_source_attach(g_unix_fd_source_new(self->word, G_IO_IN | G_IO_HUP),
                                            context, G_SOURCE_FUNC(on_word), self);
    self->limit =
        frost_source_attach(g_timeout_source_new_seconds(START_LIMIT_S), context, on_limit, self);
}

FrostLaunch *
frost_launch_new(const FrostLaunchOrder *order, GMainContext *context, FrostOutflowBudget *budget,
                 const FrostLaunchEvents *events, void *user, GError **error)
{
    g_auto(Pipes) pipes = {{-1, -1}, {-1, -1}, {-1, -1}, {-1, -1}};

    if (!make_pipes(&pipes, order))
        return fail(error, "cannot create pipe FDs");
    pid_t pid = frost_fork_without_signals();
    if (pid == 0)
        child(order, &pipes);
    if (pid < 0)
        return fail(error, "failed to create child process");

    FrostLaunch *self = g_new0(FrostLaunch, 1);
    *self = (FrostLaunch){.events = events, .user = user, .pid = pid};
    self->watch = frost_child_watch_new(pid, context, on_end, self);
    if (!self->watch) {
        fail(error, "failed to create child process");
        kill(pid, SIGKILL);
        waitpid(pid, NULL, 0);
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
    frost_source_drop(&self->word_source);
    frost_source_drop(&self->limit);
    close(self->word);
    frost_child_watch_free(self->watch);
    frost_inflow_free(self->input);
    frost_outflow_abandon(self->out);
    frost_outflow_abandon(self->err);
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

const FrostOutflow *
frost_launch_out(const FrostLaunch *self)
{
    return self->out;
}

const FrostOutflow *
frost_launch_err(const FrostLaunch *self)
{
    return self->err;
}

void
frost_launch_kill(FrostLaunch *self)
{
    /* Not reaped yet, so the number can be nobody else's. */
    if (self->watch && kill(-self->pid, SIGKILL) < 0)
        kill(self->pid, SIGKILL);
}
