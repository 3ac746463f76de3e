/* SPDX-License-Identifier: MIT */

/*
 * Threads, locks, waiting, and the clocks.
 */
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "calls.h"

int __wrap_poll(struct pollfd *fds, nfds_t count, int timeout_ms);
int __wrap_pthread_create(pthread_t *out, const pthread_attr_t *attributes, void *(*main)(void *),
                          void *user);
int __wrap_pthread_join(pthread_t thread, void **out);
int __wrap_pthread_mutex_init(pthread_mutex_t *lock, const pthread_mutexattr_t *attributes);
int __wrap_pthread_mutex_destroy(pthread_mutex_t *lock);
int __wrap_pthread_mutex_lock(pthread_mutex_t *lock);
int __wrap_pthread_mutex_unlock(pthread_mutex_t *lock);
int __wrap_pthread_cond_init(pthread_cond_t *condition, const pthread_condattr_t *attributes);
int __wrap_pthread_cond_destroy(pthread_cond_t *condition);
int __wrap_pthread_cond_wait(pthread_cond_t *condition, pthread_mutex_t *lock);
int __wrap_pthread_cond_signal(pthread_cond_t *condition);
int __wrap_pthread_cond_broadcast(pthread_cond_t *condition);
GThread *__wrap_g_thread_try_new(const char *name, GThreadFunc main, gpointer user, GError **error);
void __wrap_g_thread_unref(GThread *thread);
guint __wrap_g_source_attach(GSource *source, GMainContext *context);
guint __real_g_source_attach(GSource *source, GMainContext *context);
GMainContext *__wrap_g_main_context_new(void);
GMainContext *__real_g_main_context_new(void);
GMainLoop *__wrap_g_main_loop_new(GMainContext *context, gboolean is_running);
GMainLoop *__real_g_main_loop_new(GMainContext *context, gboolean is_running);

long __real_syscall(long number, ...);

/* Every clock of libglib and of us. */
int clock_gettime(clockid_t id, struct timespec *out);

/* 2026 */
#define REAL_TIME_S 1780000000

int
clock_gettime(clockid_t id, struct timespec *out)
{
    if (!world || !world->current)
        return (int)__real_syscall(SYS_clock_gettime, id, out);
    int64_t us = id == CLOCK_MONOTONIC ? world->now_us : world_boottime_us();

    if (id == CLOCK_REALTIME)
        us += REAL_TIME_S * (int64_t)SECOND_US;
    *out = (struct timespec){.tv_sec = us / SECOND_US, .tv_nsec = us % SECOND_US * 1000};
    return 0;
}

static int
note_events(struct pollfd *fds, unsigned count)
{
    int found = 0;

    for (unsigned i = 0; i < count; i++) {
        const OpenFile *file = files_get(own_files(), fds[i].fd);

        fds[i].revents = !file ? (fds[i].fd >= 0 ? POLLNVAL : 0)
                               : (short)(open_file_events(file, world->current->process) &
                                         (fds[i].events | POLLHUP | POLLERR));
        found += fds[i].revents != 0;
    }
    return found;
}

static int
wait_for_events(struct pollfd *fds, unsigned count, int timeout_ms)
{
    Thread *self = world->current;

    int found = note_events(fds, count);
    if (found > 0 || timeout_ms == 0)
        return found;
    self->fds = fds;
    self->fd_count = count;
    schedule_wait(WAIT_POLL, NULL,
                  timeout_ms < 0 ? -1 : world->now_us + (int64_t)timeout_ms * 1000);
    self->fd_count = 0;
    return note_events(fds, count);
}

int
__wrap_poll(struct pollfd *fds, nfds_t count, int timeout_ms)
{
    schedule_yield();
    return wait_for_events(fds, (unsigned)count, timeout_ms);
}

/* A GPollFD is a struct pollfd. */
static gint
poll_for_glib(GPollFD *fds, guint count, gint timeout_ms)
{
    Process *self = world->current->process;

    schedule_yield();
    G_STATIC_ASSERT(sizeof(GPollFD) == sizeof(struct pollfd));
    if (self->is_rung)
        timeout_ms = 0;
    self->is_rung = false;
    return wait_for_events((struct pollfd *)fds, count, timeout_ms);
}

GMainContext *
calls_new_context(void)
{
    GMainContext *context = g_main_context_new();

    world->current->process->context = context;
    return context;
}

GMainContext *
__wrap_g_main_context_new(void)
{
    GMainContext *context = __real_g_main_context_new();

    g_main_context_set_poll_func(context, poll_for_glib);
    return context;
}

int
__wrap_pthread_create(pthread_t *out, const pthread_attr_t *attributes, void *(*main)(void *),
                      void *user)
{
    must_not_be_sealed("clone");
    schedule_yield();
    int why = world->current->process->threads >= world->threads_max
                  ? EAGAIN
                  : trouble_refuses(TROUBLE_THREAD);

    if (why != 0)
        return why;
    Thread *thread = process_add_thread(world->current->process, main, user);
    files_unref(thread->files);
    thread->files = files_ref(world->current->files);
    *out = (pthread_t)thread->tid;
    return 0;
}

int
__wrap_pthread_join(pthread_t thread, void **out)
{
    g_assert_not_reached();
}

int
__wrap_pthread_mutex_init(pthread_mutex_t *lock, const pthread_mutexattr_t *attributes)
{
    *(int *)lock = 0;
    return 0;
}

int
__wrap_pthread_mutex_destroy(pthread_mutex_t *lock)
{
    return 0;
}

int
__wrap_pthread_mutex_lock(pthread_mutex_t *lock)
{
    int *owner = (int *)lock;

    schedule_yield();
    while (*owner != 0)
        schedule_wait(WAIT_MUTEX, owner, -1);
    *owner = world->current->tid;
    return 0;
}

int
__wrap_pthread_mutex_unlock(pthread_mutex_t *lock)
{
    *(int *)lock = 0;
    return 0;
}

int
__wrap_pthread_cond_init(pthread_cond_t *condition, const pthread_condattr_t *attributes)
{
    return 0;
}

int
__wrap_pthread_cond_destroy(pthread_cond_t *condition)
{
    return 0;
}

int
__wrap_pthread_cond_wait(pthread_cond_t *condition, pthread_mutex_t *lock)
{
    *(int *)lock = 0;
    schedule_wait(WAIT_SIGNAL, condition, -1);
    return __wrap_pthread_mutex_lock(lock);
}

int
__wrap_pthread_cond_signal(pthread_cond_t *condition)
{
    schedule_wake(WAIT_SIGNAL, condition, 1);
    return 0;
}

int
__wrap_pthread_cond_broadcast(pthread_cond_t *condition)
{
    schedule_wake(WAIT_SIGNAL, condition, THREADS_MAX);
    return 0;
}

/* Who made it never looks at it, but whether there is one. */
GThread *
__wrap_g_thread_try_new(const char *name, GThreadFunc main, gpointer user, GError **error)
{
    if (is_refused(TROUBLE_THREAD)) {
        g_set_error(error, G_THREAD_ERROR, G_THREAD_ERROR_AGAIN, "no thread");
        return NULL;
    }
    return (GThread *)process_add_thread(world->current->process, main, user);
}

void
__wrap_g_thread_unref(GThread *thread)
{
}

static GMainContext *
context_of_process(GMainContext *context)
{
    return context ? context : world->current->process->context;
}

/* For libglib all threads are one: it rings no bell. */
guint
__wrap_g_source_attach(GSource *source, GMainContext *context)
{
    guint id = __real_g_source_attach(source, context_of_process(context));

    world->current->process->is_rung = true;

    for (unsigned i = 0; i < world->thread_count; i++) {
        Thread *thread = world->threads[i];

        if (thread->process == world->current->process && thread->wait == WAIT_POLL)
            thread->woken = true;
    }
    return id;
}

GMainLoop *
__wrap_g_main_loop_new(GMainContext *context, gboolean is_running)
{
    return __real_g_main_loop_new(context_of_process(context), is_running);
}
