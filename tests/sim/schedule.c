/* SPDX-License-Identifier: MIT */
#include "schedule.h"

#include <errno.h>
#include <pthread.h>

#include "coverage.h"
#include "files.h"
#include "heap.h"
#include "oracle.h"
#include "process.h"
#include "trouble.h"

/* From one step to the next. */
#define STEP_US 2

void
schedule_yield(void)
{
    Thread *self = world->current;

    if (self->in_child)
        return;
    world->steps++;
    if (!trouble_is_near() && dice_percent(&world->dice, world->stay))
        return;
    fiber_leave();
}

void
schedule_wait(Wait wait, const void *on, int64_t until_us)
{
    Thread *self = world->current;

    self->wait = wait;
    self->on = on;
    self->until_us = until_us;
    self->woken = false;
    world->steps++;
    fiber_leave();
    self->wait = WAIT_NOTHING;
    self->until_us = -1;
}

void
schedule_leave_for_ever(void)
{
    world->current->wait = WAIT_EXIT;
    world->current->on = NULL;
    fiber_leave();
    g_assert_not_reached();
}

void
schedule_wake(Wait wait, const void *on, unsigned most)
{
    for (unsigned i = 0; i < world->thread_count && most > 0; i++) {
        Thread *thread = world->threads[i];

        if (thread->wait == wait && thread->on == on && !thread->woken) {
            thread->woken = true;
            most--;
        }
    }
}

static bool
has_event(const Thread *self)
{
    for (unsigned i = 0; i < self->fd_count; i++) {
        const OpenFile *file = files_get(self->files, self->fds[i].fd);
        short wanted = (short)(self->fds[i].events | POLLHUP | POLLERR);

        if (self->fds[i].fd >= 0 && !file)
            return true;
        if (file && (open_file_events(file, self->process) & wanted))
            return true;
    }
    return false;
}

static bool
may_go_on(const Thread *self)
{
    bool in_time = self->until_us < 0 || world->now_us < self->until_us;

    if (self->process->stopped && self->wait != WAIT_DOOR)
        return false;
    switch (self->wait) {
    case WAIT_NOTHING:
        return true;
    case WAIT_POLL:
        return self->woken || !in_time || has_event(self);
    case WAIT_LOCK:
        return ((const LedgerFile *)self->on)->locked_by == NULL;
    case WAIT_MUTEX:
        return *(const int *)self->on == 0;
    case WAIT_EXIT:
        return !process_has_other_threads(self->process, self);
    case WAIT_END:
    case WAIT_SIGNAL:
    case WAIT_TIME:
    case WAIT_DOOR:
        return self->woken || !in_time;
    }
    return false;
}

static void
run(Thread *thread)
{
    world->current = thread;
    errno = thread->last_errno;
    heap_set_apart(thread->process->role == ROLE_PARSER);
    fiber_enter(thread->fiber);
    heap_set_apart(false);
    thread->last_errno = errno;
    world->current = NULL;
    if (fiber_has_ended(thread->fiber) || (thread->wait == WAIT_EXIT && !thread->on) ||
        (thread->process->ending && thread->wait != WAIT_DOOR))
        thread_bury(thread);
}

static int64_t
earlier(int64_t a, int64_t b)
{
    return a < 0 || (b >= 0 && b < a) ? b : a;
}

static int64_t
next_event_of(const Thread *self)
{
    int64_t next = self->until_us;

    for (unsigned i = 0; self->wait == WAIT_POLL && i < self->fd_count; i++) {
        const OpenFile *file = files_get(self->files, self->fds[i].fd);

        if (file && file->kind == FILE_TIMER && file->timer.due_us > 0)
            next = earlier(next, file->timer.due_us - world->slept_us);
    }
    return next;
}

/* To the next thing that happens by itself. */
static bool
let_time_pass(void)
{
    int64_t next = trouble_next_us();

    for (unsigned i = 0; i < world->thread_count; i++) {
        const Thread *thread = world->threads[i];

        if (!thread->process->stopped || thread->wait == WAIT_DOOR)
            next = earlier(next, next_event_of(thread));
    }
    if (next < 0)
        return false;
    if (next > world->now_us)
        world->now_us = next;
    oracle_note_time();
    return true;
}

bool
schedule_step(void)
{
    Thread *ready[THREADS_MAX];
    unsigned count = 0;

    trouble_strike();
    for (unsigned i = 0; i < world->thread_count; i++) {
        if (may_go_on(world->threads[i]))
            ready[count++] = world->threads[i];
    }
    if (count == 0)
        return let_time_pass();
    world->now_us += STEP_US;
    run(ready[count == 1 ? 0 : dice_below(&world->dice, count)]);
    oracle_look();
    return true;
}
