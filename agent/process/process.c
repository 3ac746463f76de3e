/* SPDX-License-Identifier: MIT */
#include "process.h"

#include <errno.h>
#include <fcntl.h>
#include <glib-unix.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "child-watch.h"

/* Between TERM and KILL: time to take back what a hook began, short enough for a host. */
#define GRACE_MS 2000

/* What is read of the output; lives on after the process for as long as somebody writes. */
typedef struct {
    unsigned users; /* its source, and the process */
    int fd;
    GString *kept;
    bool unwanted; /* read on, but kept no more */
} Output;

struct FrostProcess {
    GMainContext *context;
    FrostProcessDone done;
    void *user;
    pid_t pid; /* 0 once reaped, or given up */
    FrostChildWatch *watch;
    int gate; /* our end of the pair over which the child is let go, and says errno */
    unsigned timeout_s;
    bool timed_out;
    bool cancelled;
    Output *output;
    GSource *deadline;
};

static void
drop_source(GSource **source)
{
    if (!*source)
        return;
    g_source_destroy(*source);
    g_source_unref(*source);
    *source = NULL;
}

static GSource *
attach(GSource *source, GSourceFunc callback, void *user, GDestroyNotify destroy,
       GMainContext *context)
{
    g_source_set_callback(source, callback, user, destroy);
    g_source_attach(source, context);
    return source;
}

/* Output ------------------------------------------------------------------------------------- */

static void
output_unref(gpointer user)
{
    Output *output = user;

    if (--output->users > 0)
        return;
    close(output->fd);
    g_string_free(output->kept, TRUE);
    g_free(output);
}

/* One read; false at the end of the output. */
static bool
read_some(Output *output)
{
    char buffer[4096];
    ssize_t n = read(output->fd, buffer, sizeof buffer);

    if (n < 0)
        return errno == EAGAIN || errno == EINTR;
    if (n > 0 && !output->unwanted) {
        size_t room = FROST_PROCESS_OUTPUT_MAX - output->kept->len;

        g_string_append_len(output->kept, buffer, (gssize)MIN((size_t)n, room));
    }
    return n > 0;
}

static gboolean
on_output(gint fd, GIOCondition condition, gpointer user)
{
    return read_some(user) ? G_SOURCE_CONTINUE : G_SOURCE_REMOVE;
}

/* What is in the pipe now, but never more than a pipe can hold: a child that floods is not
 * waited for. */
static void
read_rest(Output *output)
{
    for (unsigned i = 0; i < 16; i++) {
        struct pollfd pending = {.fd = output->fd, .events = POLLIN};

        if (poll(&pending, 1, 0) <= 0 || !read_some(output))
            return;
    }
}

/* The child ------------------------------------------------------------------------------------ */

static void
default_signals(void)
{
    sigset_t none;

    for (int signal_number = 1; signal_number < NSIG; signal_number++)
        signal(signal_number, SIG_DFL);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
}

/* A signal for the child must not meet our handlers in it and be lost: it waits until the child has
 * default ones, and unblocks. */
static pid_t
fork_without_signals(void)
{
    sigset_t all;
    sigset_t before;

    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    pid_t pid = fork();
    int why = errno;
    if (pid != 0)
        pthread_sigmask(SIG_SETMASK, &before, NULL);
    errno = why;
    return pid;
}

/* After fork: only what is safe there. */
static G_GNUC_NORETURN void
child(const char *const *argv, int gate, int output_fd)
{
    char go;
    int null_fd = open("/dev/null", O_RDONLY);

    setsid();
    default_signals();
    if (null_fd >= 0)
        dup2(null_fd, STDIN_FILENO);
    dup2(output_fd, STDOUT_FILENO);
    dup2(output_fd, STDERR_FILENO);
    if (null_fd > STDERR_FILENO)
        close(null_fd);

    /* The agent that would let us go is gone: so are we. */
    if (read(gate, &go, 1) != 1)
        _exit(EXIT_FAILURE);
    execvp(argv[0], (char *const *)argv);

    int why = errno;
    if (write(gate, &why, sizeof why) < 0)
        _exit(EXIT_FAILURE);
    _exit(127);
}

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

    Output *output = self->output;

    self->pid = 0;
    drop_source(&self->deadline);
    read_rest(output);
    output->users++;
    result.output = output->kept->str;
    result.output_length = output->kept->len;
    self->done(self->user, &result);
    output_unref(output);
}

static void
next_step(FrostProcess *self, GSourceFunc step)
{
    drop_source(&self->deadline);
    self->deadline = attach(g_timeout_source_new(GRACE_MS), step, self, NULL, self->context);
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

    /* What the leader leaves behind of a group that had to be ended; before its number is free. */
    if (self->timed_out || self->cancelled)
        kill_group(self, SIGKILL);
    report(self, frost_child_watch_status(watch));
}

static FrostProcess *
fail(GError **error, const char *what)
{
    int why = errno;

    g_set_error(error, G_FILE_ERROR, g_file_error_from_errno(why), "%s: %s", what, g_strerror(why));
    return NULL;
}

static void
capture(FrostProcess *self, int output_fd)
{
    self->output = g_new0(Output, 1);
    *self->output = (Output){.users = 2, .fd = output_fd, .kept = g_string_new(NULL)};
    g_unix_set_fd_nonblocking(output_fd, TRUE, NULL);

    GSource *output = g_unix_fd_source_new(output_fd, G_IO_IN | G_IO_HUP | G_IO_ERR);
    g_source_unref(
        attach(output, G_SOURCE_FUNC(on_output), self->output, output_unref, self->context));
}

FrostProcess *
frost_process_new(const char *const *argv, unsigned timeout_s, GMainContext *context,
                  FrostProcessDone done, void *user, GError **error)
{
    int gate[2];
    int output[2];

    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, gate) < 0)
        return fail(error, "cannot create socket pair");
    if (pipe2(output, O_CLOEXEC) < 0) {
        fail(error, "cannot create pipe FDs");
        close(gate[0]);
        close(gate[1]);
        return NULL;
    }

    pid_t pid = fork_without_signals();
    if (pid == 0) {
        close(gate[0]);
        child(argv, gate[1], output[1]);
    }
    close(gate[1]);
    close(output[1]);

    FrostProcess *self = g_new0(FrostProcess, 1);
    *self = (FrostProcess){.context = context,
                           .done = done,
                           .user = user,
                           .pid = pid,
                           .gate = gate[0],
                           .timeout_s = timeout_s};
    if (pid > 0)
        self->watch = frost_child_watch_new(pid, context, on_end, self);
    if (!self->watch) {
        fail(error, "failed to create child process");
        close(gate[0]); /* a child that was made ends by itself */
        close(output[0]);
        if (pid > 0)
            waitpid(pid, NULL, 0);
        g_free(self);
        return NULL;
    }
    capture(self, output[0]);
    return self;
}

pid_t
frost_process_pid(const FrostProcess *self)
{
    return self->pid;
}

void
frost_process_go(FrostProcess *self)
{
    /* Once more when the kernel had no memory for it: it would wait there until its time is over.
     */
    if (send(self->gate, "", 1, MSG_NOSIGNAL) < 0)
        send(self->gate, "", 1, MSG_NOSIGNAL);
    self->deadline = attach(g_timeout_source_new_seconds(self->timeout_s), on_deadline, self, NULL,
                            self->context);
}

void
frost_process_cancel(FrostProcess *self)
{
    self->cancelled = true;
    if (self->pid > 0)
        end(self);
}

void
frost_process_free(FrostProcess *self)
{
    if (!self)
        return;
    drop_source(&self->deadline);
    if (self->pid > 0) {
        kill_group(self, SIGKILL);
        waitpid(self->pid, NULL, WNOHANG);
    }
    frost_child_watch_free(self->watch);
    close(self->gate);

    /* Whoever still holds the output is read on, and not listened to. */
    self->output->unwanted = true;
    output_unref(self->output);
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
