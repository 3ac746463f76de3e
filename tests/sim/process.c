/* SPDX-License-Identifier: MIT */
#include "process.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>

#include "agent.h"
#include "disks.h"
#include "files.h"
#include "schedule.h"

static const char *const role_names[ROLE_COUNT] = {"host", "agent", "freezer", "recovery",
                                                   "hook", "heir",  "person",  "parser"};

Process *
process_new(Role role, Process *parent, Files *files)
{
    Process *self = calloc(1, sizeof *self);

    if (!self || world->process_count == PROCESSES_MAX)
        abort();
    self->pid = ++world->next_pid;
    self->start = (uint64_t)self->pid * 7;
    self->role = role;
    self->parent = parent;
    self->files = files;
    world->processes[world->process_count++] = self;
    return self;
}

static void
run_thread(void *user)
{
    Thread *self = user;

    self->main(self->user);
}

Thread *
process_add_thread(Process *self, void *(*main)(void *user), void *user)
{
    Thread *thread = calloc(1, sizeof *thread);

    if (!thread || world->thread_count == THREADS_MAX)
        abort();
    thread->process = self;
    thread->tid = self->threads == 0 && !self->ending ? self->pid : ++world->next_pid;
    thread->files = files_ref(self->files);
    thread->until_us = -1;
    thread->main = main;
    thread->user = user;
    thread->fiber = fiber_new(run_thread, thread);
    self->threads++;
    world->threads[world->thread_count++] = thread;
    return thread;
}

static void
become_zombie(Process *self)
{
    self->zombie = true;
    if (!self->parent || self->parent->ending)
        self->reaped = true;
    for (unsigned i = 0; i < world->process_count; i++) {
        if (world->processes[i]->parent == self && world->processes[i]->zombie)
            world->processes[i]->reaped = true;
    }
}

static void
remove_thread(unsigned index)
{
    Thread *thread = world->threads[index];
    Process *process = thread->process;

    world->threads[index] = world->threads[--world->thread_count];
    files_unref(thread->files);
    fiber_drop(thread->fiber);
    free(thread);
    if (--process->threads == 0 && !process->zombie)
        become_zombie(process);
}

void
thread_bury(Thread *thread)
{
    for (unsigned i = 0; i < world->thread_count; i++) {
        if (world->threads[i] == thread) {
            if (thread->process->threads == 1 && !thread->process->ending)
                process_end(thread->process, 0); /* and its last thread with it */
            else
                remove_thread(i);
            return;
        }
    }
}

void
process_end_other_threads(Process *self, const Thread *but)
{
    for (unsigned i = world->thread_count; i-- > 0;) {
        Thread *thread = world->threads[i];

        if (thread->process == self && thread != but && thread != world->current &&
            thread->wait != WAIT_DOOR)
            remove_thread(i);
    }
}

static void
end_children(const Process *parent)
{
    for (unsigned i = 0; i < world->process_count; i++) {
        Process *process = world->processes[i];

        if (process->parent == parent && process->ends_with_parent)
            process_end(process, SIGKILL);
    }
}

void
process_end(Process *self, int status)
{
    if (self->ending)
        return;
    self->ending = true;
    self->stopped = false;
    self->status = status;
    if (self->role == ROLE_FREEZER)
        disks_note_death();
    process_end_other_threads(self, NULL);
    /* A thread that is left keeps what it shares, or has of its own, no more. */
    files_unref(self->files);
    self->files = NULL;
    if (self->threads == 0 && !self->zombie)
        become_zombie(self);
    end_children(self);
}

bool
thread_must_end(const Thread *self)
{
    const Process *process = self->process;

    return process->ending || (process->survivor && process->survivor != self);
}

void
thread_end(void)
{
    schedule_leave_for_ever();
}

Process *
process_find(int pid)
{
    for (unsigned i = 0; i < world->process_count; i++) {
        if (world->processes[i]->pid == pid && !world->processes[i]->reaped)
            return world->processes[i];
    }
    return NULL;
}

bool
thread_exists(int tid)
{
    for (unsigned i = 0; i < world->thread_count; i++) {
        if (world->threads[i]->tid == tid)
            return true;
    }
    return false;
}

bool
process_has_other_threads(const Process *self, const Thread *but)
{
    for (unsigned i = 0; i < world->thread_count; i++) {
        if (world->threads[i]->process == self && world->threads[i] != but)
            return true;
    }
    return false;
}

bool
process_is_alive(const Process *self)
{
    return self && !self->ending;
}

bool
process_any_holds(const LedgerFile *ledger)
{
    for (unsigned i = 0; i < world->process_count; i++) {
        const Process *process = world->processes[i];

        if (process->role >= ROLE_AGENT && process->role <= ROLE_RECOVERY &&
            process_is_alive(process) && files_hold_ledger(process->files, ledger))
            return true;
    }
    return false;
}

const char *
process_name(const Process *self)
{
    static char names[4][32];
    static unsigned next;
    char *name = names[next++ % 4];

    if (self->role == ROLE_HOST)
        return "host";
    snprintf(name, sizeof names[0], "%s %d", role_names[self->role], self->pid);
    return name;
}

void
processes_print(void)
{
    static const char *const waits[] = {"nothing",           "events",      "the ledger's lock",
                                        "a mutex",           "a condition", "a thread",
                                        "the other threads", "the kernel",  "a time"};

    for (unsigned i = 0; i < world->thread_count; i++) {
        const Thread *thread = world->threads[i];

        world_tell("left: thread %d of %s%s%s waits for %s", thread->tid,
                   process_name(thread->process), thread->process->ending ? ", which is dead," : "",
                   thread->process->stopped ? ", which is stopped," : "", waits[thread->wait]);
    }
}

void
processes_clear(void)
{
    for (unsigned i = 0; i < world->thread_count; i++) {
        files_unref(world->threads[i]->files);
        fiber_drop(world->threads[i]->fiber);
        free(world->threads[i]);
    }
    for (unsigned i = 0; i < world->process_count; i++) {
        files_unref(world->processes[i]->files);
        if (world->processes[i]->role == ROLE_AGENT)
            agent_forget(world->processes[i]);
        free(world->processes[i]);
    }
    world->thread_count = world->process_count = 0;
}
