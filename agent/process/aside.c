/* SPDX-License-Identifier: MIT */
#include "aside.h"

#include <errno.h>
#include <glib-unix.h>
#include <pthread.h>
#include <sched.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "source.h"

#ifndef SYS_close_range
#define SYS_close_range 436 /* the same number on every architecture */
#endif

/* Only touched pages count. */
#define STACK_BYTES (256 * 1024)

typedef struct {
    gint users; /* the main loop, and the thread once there is one */
    gint finished;
    FrostAsideJob job;
    int bell; /* rung by the thread when it is done; each side has a descriptor of its own */
    gpointer result;
    GError *error;
} Task;

struct FrostAside {
    GMainContext *context;
    GQueue waiting; /* of Task */
    Task *running;
    GSource *ended;
    GSource *limit;
    GPtrArray *left_behind; /* of Task */
};

G_DEFINE_QUARK(frost_aside_error, frost_aside_error)

static void start_next(FrostAside *self);

static void
task_unref(Task *task)
{
    if (!g_atomic_int_dec_and_test(&task->users))
        return;
    if (task->job.input_free)
        task->job.input_free(task->job.input);
    if (task->result && task->job.result_free)
        task->job.result_free(task->result);
    g_clear_error(&task->error);
    g_free(task);
}

/* The thread --------------------------------------------------------------------------------- */

static bool
close_between(unsigned first, unsigned last)
{
    return first > last || syscall(SYS_close_range, first, last, 0u) == 0;
}

/* All but two. */
static bool
give_up_descriptors(int one, int other)
{
    unsigned low = (unsigned)MAX(MIN(one, other), 2);
    unsigned high = (unsigned)MAX(MAX(one, other), 2);

    return unshare(CLONE_FILES) == 0 && close_between(3, low - 1) &&
           close_between(low + 1, high - 1) && close_between(high + 1, ~0u);
}

static void *
work(void *user)
{
    Task *task = user;
    int bell = task->bell;

    if (give_up_descriptors(bell, task->job.keep))
        task->result = task->job.work(task->job.input, &task->error);
    else
        g_set_error(&task->error, FROST_ASIDE_ERROR, FROST_ASIDE_ERROR_START,
                    "%s: cannot give up the descriptors: %s", task->job.what, g_strerror(errno));
    g_atomic_int_set(&task->finished, 1);
    eventfd_write(bell, 1);
    task_unref(task);
    return NULL;
}

/* Its descriptors end with it: nobody waits for it. */
static int
start_thread(Task *task)
{
    pthread_attr_t attributes;
    pthread_t thread;
    int r = pthread_attr_init(&attributes);

    if (r != 0)
        return -r;
    pthread_attr_setstacksize(&attributes, STACK_BYTES);
    pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    task->users = 2;
    r = pthread_create(&thread, &attributes, work, task);
    if (r != 0)
        task->users = 1;
    pthread_attr_destroy(&attributes);
    return -r;
}

/* The main loop ------------------------------------------------------------------------------ */

/* Takes the running task off; whoever gets it owns the main loop's part of it. */
static Task *
take_running(FrostAside *self)
{
    Task *task = g_steal_pointer(&self->running);

    frost_source_drop(&self->ended);
    frost_source_drop(&self->limit);
    if (task->bell >= 0)
        close(task->bell);
    return task;
}

/* The next one is under way before this one is answered: who hears it may free us. */
static void
answer(FrostAside *self, const FrostAsideJob *job, gpointer result, const GError *error)
{
    FrostAsideDone done = job->done;
    void *user = job->user;

    start_next(self);
    done(user, result, error);
}

static gboolean
on_ended(gint fd, GIOCondition condition, gpointer user)
{
    FrostAside *self = user;

    if (!g_atomic_int_get(&self->running->finished))
        return G_SOURCE_CONTINUE;

    Task *task = take_running(self);
    g_autoptr(GError) error = g_steal_pointer(&task->error);
    FrostAsideJob job = task->job;
    gpointer result = g_steal_pointer(&task->result);

    task_unref(task);
    answer(self, &job, result, error);
    return G_SOURCE_REMOVE;
}

static gboolean
on_limit(gpointer user)
{
    FrostAside *self = user;
    Task *task = take_running(self);
    FrostAsideJob job = task->job;
    g_autoptr(GError) error =
        g_error_new(FROST_ASIDE_ERROR, FROST_ASIDE_ERROR_TIMEOUT,
                    "%s: not finished within %u seconds", job.what, job.limit_s);

    g_ptr_array_add(self->left_behind, task);
    answer(self, &job, NULL, error);
    return G_SOURCE_REMOVE;
}

/* What could not be started has ended, with an error; it is told from the main loop as well. */
static gboolean
on_refused(gpointer user)
{
    FrostAside *self = user;
    Task *task = take_running(self);
    FrostAsideJob job = task->job;
    g_autoptr(GError) error = g_steal_pointer(&task->error);

    task_unref(task);
    answer(self, &job, NULL, error);
    return G_SOURCE_REMOVE;
}

static void
forget_returned(FrostAside *self)
{
    for (guint i = self->left_behind->len; i > 0; i--) {
        Task *task = g_ptr_array_index(self->left_behind, i - 1);

        if (g_atomic_int_get(&task->finished))
            g_ptr_array_remove_index_fast(self->left_behind, i - 1);
    }
}

static bool
launch(FrostAside *self, Task *task)
{
    const char *what = task->job.what;

    forget_returned(self);
    if (self->left_behind->len >= FROST_ASIDE_LEFT_BEHIND_MAX) {
        g_set_error(&task->error, FROST_ASIDE_ERROR, FROST_ASIDE_ERROR_BUSY,
                    "%s: %u earlier requests still hang in the kernel", what,
                    self->left_behind->len);
        return false;
    }

    task->bell = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    int r = task->bell < 0 ? -errno : start_thread(task);
    if (r == 0)
        return true;
    g_set_error(&task->error, FROST_ASIDE_ERROR, FROST_ASIDE_ERROR_START,
                "%s: cannot start a thread: %s", what, g_strerror(-r));
    return false;
}

static void
start_next(FrostAside *self)
{
    Task *task = self->running ? NULL : g_queue_pop_head(&self->waiting);

    if (!task)
        return;
    self->running = task;
    if (!launch(self, task)) {
        self->limit = frost_source_now(self->context, on_refused, self);
        return;
    }
    self->ended = frost_source_attach(g_unix_fd_source_new(task->bell, G_IO_IN), self->context,
                                      G_SOURCE_FUNC(on_ended), self);
    self->limit = frost_source_attach(g_timeout_source_new_seconds(task->job.limit_s),
                                      self->context, on_limit, self);
}

FrostAside *
frost_aside_new(GMainContext *context)
{
    FrostAside *self = g_new0(FrostAside, 1);

    self->context = context;
    g_queue_init(&self->waiting);
    self->left_behind = g_ptr_array_new_with_free_func((GDestroyNotify)task_unref);
    return self;
}

void
frost_aside_free(FrostAside *self)
{
    if (!self)
        return;
    if (self->running)
        task_unref(take_running(self));
    for (Task *task; (task = g_queue_pop_head(&self->waiting));)
        task_unref(task);
    g_ptr_array_unref(self->left_behind);
    g_free(self);
}

void
frost_aside_run(FrostAside *self, const FrostAsideJob *job)
{
    Task *task = g_new0(Task, 1);

    *task = (Task){.users = 1, .job = *job, .bell = -1};
    g_queue_push_tail(&self->waiting, task);
    start_next(self);
}
