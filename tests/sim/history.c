/* SPDX-License-Identifier: MIT */
#include "history.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "agent.h"
#include "coverage.h"
#include "disks.h"
#include "files.h"
#include "freezer-errors.h"
#include "heap.h"
#include "hook-error.h"
#include "hook.h"
#include "host.h"
#include "ledger.h"
#include "oracle.h"
#include "plan.h"
#include "process.h"
#include "schedule.h"
#include "transaction.h"
#include "trouble.h"

#define STEPS_MAX 60000

World *world;

int64_t
world_boottime_us(void)
{
    return world->now_us + world->slept_us;
}

void
world_print(const char *format, ...)
{
    va_list args;

    printf("%14.6f  ", (double)world->now_us / SECOND_US);
    va_start(args, format);
    vprintf(format, args);
    va_end(args);
    putchar('\n');
}

void
world_fail(const char *format, ...)
{
    va_list args;

    if (world_has_failed())
        return;
    va_start(args, format);
    vsnprintf(world->failure, sizeof world->failure, format, args);
    va_end(args);
    world_tell("BROKEN: %s", world->failure);
}

static void
begin(World *self, uint64_t seed, uint32_t mask, bool talks)
{
    static const unsigned stays[] = {10, 50, 80, 95};
    static const int64_t uptimes[] = {5 * SECOND_US, 100ll * SECOND_US, 30 * HOUR_US};

    world = self;
    *self = (World){.seed = seed,
                    .dice = {seed},
                    .machine = {seed * 5 + 3},
                    .talks = talks,
                    .now_us = 1,
                    .next_pid = 100};
    self->threads_max = dice_percent(&self->machine, 15) ? 3 : THREADS_MAX;
    self->stay = stays[dice_below(&self->machine, 4)];
    self->slept_us = uptimes[dice_below(&self->machine, 3)];
    self->kernel = fake_sys_new();
    self->ledger = ledger_file_new();
    self->disks = disks_new();
    self->hooks = hooks_sim_new();
    self->oracle = oracle_new();
    self->trouble = trouble_new(mask);
    if (talks)
        trouble_print(self->trouble);
    self->host = host_new();
    agent_start();
}

static void
end(World *self)
{
    hooks_sim_free(self->hooks); /* first: it frees what their processes have */
    processes_clear();
    g_free(fake_sys_take_violations(self->kernel));
    trouble_free(self->trouble);
    oracle_free(self->oracle);
    host_free(self->host);
    disks_free(self->disks);
    ledger_file_unref(self->ledger);
    if (self->in_memory)
        ledger_file_unref(self->in_memory);
    fake_sys_free(self->kernel);
    world = NULL;
}

/* A recovery leaves its memory to its end. */
static bool
is_freed_by_all(const World *self)
{
    for (unsigned i = 0; i < self->process_count; i++) {
        const Process *process = self->processes[i];

        if (process->role == ROLE_RECOVERY || process->ends_threads ||
            ((process->role == ROLE_AGENT || process->role == ROLE_PERSON) && process->status != 0))
            return false;
    }
    return self->host->is_done && !world_has_failed();
}

History
history_run(uint64_t seed, uint32_t mask, bool talks)
{
    World self;
    History history = {.kept = -heap_blocks()};

    begin(&self, seed, mask, talks);
    while (!self.host->is_done && !self.is_lost && !world_has_failed()) {
        if (++history.steps > STEPS_MAX)
            world_fail("it never comes to rest");
        else if (!schedule_step())
            world_fail("nothing can go on");
    }
    history.failed = world_has_failed();
    if (history.failed)
        processes_print();
    history.events = self.trouble->count;
    memcpy(history.why, self.failure, sizeof history.why);
    history.frees_all = is_freed_by_all(&self);
    end(&self);
    history.kept += heap_blocks();
    return history;
}

/* The same promise: numbers and paths aside. */
static bool
is_same_kind(const char *a, const char *b)
{
    for (unsigned i = 0; i < 40 && *a && *b; i++) {
        a += strcspn(a, "abcdefghijklmnopqrstuvwxyz");
        b += strcspn(b, "abcdefghijklmnopqrstuvwxyz");
        if (*a++ != *b++)
            return false;
    }
    return true;
}

uint32_t
history_shorten(uint64_t seed, uint32_t mask)
{
    History whole = history_run(seed, mask, false);
    unsigned events = whole.events;

    mask &= (1u << events) - 1;
    for (unsigned i = 0; i < events; i++) {
        uint32_t fewer = mask & ~(1u << i);

        if (fewer == mask)
            continue;
        History shorter = history_run(seed, fewer, false);
        if (shorter.failed && is_same_kind(shorter.why, whole.why))
            mask = fewer;
    }
    return mask;
}

void __wrap_g_log(const char *domain, GLogLevelFlags level, const char *format, ...)
    G_GNUC_PRINTF(3, 4);

/* Where nobody listens nothing is put into words. */
void
__wrap_g_log(const char *domain, GLogLevelFlags level, const char *format, ...)
{
    va_list args;

    if (!world || !world->talks)
        return;
    va_start(args, format);
    g_logv(domain, level, format, args);
    va_end(args);
}

void __wrap_frost_kept_lines_begin(void);
void *__wrap_frost_kept_lines_end(void);
void __wrap_frost_kept_lines_log(const void *lines);

/* Threads are fibers of one thread, which keeps nothing for itself. */
void
__wrap_frost_kept_lines_begin(void)
{
}

void *
__wrap_frost_kept_lines_end(void)
{
    return NULL;
}

void
__wrap_frost_kept_lines_log(const void *lines)
{
}

static GLogWriterOutput
write_log(GLogLevelFlags level, const GLogField *fields, gsize count, gpointer user)
{
    for (gsize i = 0; world && world->talks && i < count; i++) {
        if (strcmp(fields[i].key, "MESSAGE") == 0)
            world_tell("%s says: %s", world->current ? process_name(world->current->process) : "?",
                       (const char *)fields[i].value);
    }
    return G_LOG_WRITER_HANDLED;
}

/* What libglib makes once and keeps must not be made by a process that dies. */
void
history_prepare(void)
{
    g_log_set_writer_func(write_log, NULL, NULL);
    for (int i = 0; i < 134; i++)
        (void)g_strerror(i);
    (void)(g_file_error_quark() + frost_freezer_error_quark() + frost_hook_error_quark() +
           frost_ledger_error_quark() + frost_plan_error_quark() + frost_transaction_error_quark());
}
