/* SPDX-License-Identifier: MIT */
#include "blocking-jobs.h"

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
    gint users; /* how many own this: the main loop, and the thread once there is one */
    gint finished;
    FrostBlockingJob job;
    int bell; /* the thread rings it when it is done; each side has a descriptor of its own */
    pthread_mutex_t lock;
    pthread_cond_t parted;
    bool is_apart; /* the thread has its own descriptor table, or could not get one */
    gpointer result;
    GError *error;
} Task;

struct FrostBlockingJobs {
    GMainContext *context;
    GQueue waiting; /* of Task */
    Task *running;
    GSource *ended;
    GSource *limit;
    GPtrArray *left_behind; /* of Task */
};

G_DEFINE_QUARK(frost_blocking_error, frost_blocking_error)

static void start_next(FrostBlockingJobs *self);

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
    pthread_cond_destroy(&task->parted);
    pthread_mutex_destroy(&task->lock);
    g_free(task);
}

/* The thread --------------------------------------------------------------------------------- */

static bool
close_between(unsigned first, unsigned last)
{
    return first > last || syscall(SYS_close_range, first, last, 0u) == 0;
}

/* Unshares the descriptor table, and closes all but 0 to 2 and these two. False, with errno set. */
static bool
give_up_descriptors(int one, int other)
{
    unsigned low = (unsigned)MAX(MIN(one, other), 2);
    unsigned high = (unsigned)MAX(MAX(one, other), 2);

    return unshare(CLONE_FILES) == 0 && close_between(3, low - 1) &&
           close_between(low + 1, high - 1) && close_between(high + 1, ~0u);
}

/* Lets the main loop go on: it may now close the descriptors that the thread keeps. */
static void
report_apart(Task *task)
{
    pthread_mutex_lock(&task->lock);
    task->is_apart = true;
    pthread_cond_signal(&task->parted);
    pthread_mutex_unlock(&task->lock);
}

static void *
work(void *user)
{
    Task *task = user;
    int bell = task->bell;
    bool gave_up = give_up_descriptors(bell, task->job.keep);
    int why = errno;

    report_apart(task);
    if (gave_up)
        task->result = task->job.work(task->job.input, &task->error);
    else
        g_set_error(&task->error, FROST_BLOCKING_ERROR, FROST_BLOCKING_ERROR_START,
                    "%s: cannot give up the descriptors: %s", task->job.what, g_strerror(why));
    g_atomic_int_set(&task->finished, 1);
    if (eventfd_write(bell, 1) < 0) /* try twice, or the main loop would wait for the limit */
        eventfd_write(bell, 1);
    task_unref(task);
    return NULL;
}

/* Takes microseconds. If it could end early, the main loop might close the descriptors that the
 * thread is to keep, and the thread would then keep other files with the same numbers. */
static void
wait_until_apart(Task *task)
{
    pthread_mutex_lock(&task->lock);
    while (!task->is_apart)
        pthread_cond_wait(&task->parted, &task->lock);
    pthread_mutex_unlock(&task->lock);
}

/* The thread is detached: nobody joins it. 0, or a negative errno. */
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
    else
        wait_until_apart(task);
    pthread_attr_destroy(&attributes);
    return -r;
}

/* The main loop ------------------------------------------------------------------------------ */

/* Removes and returns the running task; the caller owns the main loop's reference. */
static Task *
take_running(FrostBlockingJobs *self)
{
    Task *task = g_steal_pointer(&self->running);

    frost_source_drop(&self->ended);
    frost_source_drop(&self->limit);
    if (task->bell >= 0)
        close(task->bell);
    return task;
}

/* Starts the next task before it answers this one, as done may free @self. */
static void
report_end(FrostBlockingJobs *self, const FrostBlockingJob *job, gpointer result,
           const GError *error)
{
    FrostBlockingDone done = job->done;
    void *user = job->user;

    start_next(self);
    done(user, result, error);
}

static gboolean
on_ended(gint fd, GIOCondition condition, gpointer user)
{
    FrostBlockingJobs *self = user;

    if (!g_atomic_int_get(&self->running->finished))
        return G_SOURCE_CONTINUE;

    Task *task = take_running(self);
    g_autoptr(GError) error = g_steal_pointer(&task->error);
    FrostBlockingJob job = task->job;
    gpointer result = g_steal_pointer(&task->result);

    task_unref(task);
    report_end(self, &job, result, error);
    return G_SOURCE_REMOVE;
}

static gboolean
on_limit(gpointer user)
{
    FrostBlockingJobs *self = user;
    Task *task = take_running(self);
    FrostBlockingJob job = task->job;
    g_autoptr(GError) error =
        g_error_new(FROST_BLOCKING_ERROR, FROST_BLOCKING_ERROR_TIMEOUT,
                    "%s: not finished within %u seconds", job.what, job.limit_s);

    g_ptr_array_add(self->left_behind, task);
    report_end(self, &job, NULL, error);
    return G_SOURCE_REMOVE;
}

/* Answers a job that could not be started, from the main loop as well. */
static gboolean
on_refused(gpointer user)
{
    FrostBlockingJobs *self = user;
    Task *task = take_running(self);
    FrostBlockingJob job = task->job;
    g_autoptr(GError) error = g_steal_pointer(&task->error);

    task_unref(task);
    report_end(self, &job, NULL, error);
    return G_SOURCE_REMOVE;
}

static void
forget_returned(FrostBlockingJobs *self)
{
    for (guint i = self->left_behind->len; i > 0; i--) {
        Task *task = g_ptr_array_index(self->left_behind, i - 1);

        if (g_atomic_int_get(&task->finished))
            g_ptr_array_remove_index(self->left_behind, i - 1);
    }
}

static bool
launch(FrostBlockingJobs *self, Task *task)
{
    const char *what = task->job.what;

    forget_returned(self);
    if (self->left_behind->len >= FROST_BLOCKING_JOBS_LEFT_BEHIND_MAX) {
        g_set_error(&task->error, FROST_BLOCKING_ERROR, FROST_BLOCKING_ERROR_BUSY,
                    "%s: %u earlier requests still hang in the kernel", what,
                    self->left_behind->len);
        return false;
    }

    task->bell = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    int r = task->bell < 0 ? -errno : start_thread(task);
    if (r == 0)
        return true;
    g_set_error(&task->error, FROST_BLOCKING_ERROR, FROST_BLOCKING_ERROR_START,
                "%s: cannot start a thread: %s", what, g_strerror(-r));
    return false;
}

static void
start_next(FrostBlockingJobs *self)
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

FrostBlockingJobs *
frost_blocking_jobs_new(GMainContext *context)
{
    FrostBlockingJobs *self = g_new0(FrostBlockingJobs, 1);

    self->context = context;
    g_queue_init(&self->waiting);
    self->left_behind = g_ptr_array_new_with_free_func((GDestroyNotify)task_unref);
    return self;
}

void
frost_blocking_jobs_free(FrostBlockingJobs *self)
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
frost_blocking_jobs_run(FrostBlockingJobs *self, const FrostBlockingJob *job)
{
    Task *task = g_new0(Task, 1);

    *task = (Task){.users = 1, .job = *job, .bell = -1};
    pthread_mutex_init(&task->lock, NULL);
    pthread_cond_init(&task->parted, NULL);
    g_queue_push_tail(&self->waiting, task);
    start_next(self);
}
