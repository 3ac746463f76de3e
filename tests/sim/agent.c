/* SPDX-License-Identifier: MIT */
#include "agent.h"

#include <glib-unix.h>
#include <signal.h>
#include <stdlib.h>

#include "calls.h"
#include "coverage.h"
#include "disk-calls.h"
#include "disks.h"
#include "hook.h"
#include "oracle.h"
#include "port.h"
#include "source.h"
#include "transaction.h"

/* As host-timeout. */
#define ABSENCE_S 30

typedef struct {
    Process *process;
    FrostSys sys;
    FrostHooks *hooks;
    FrostPlanner *planner;
    FrostSupervisor *supervisor;
    FrostTransaction *transaction;
    OpenFile *bell; /* an event: something is at the port */
    SimPort *port;
    GSource *port_source;
    GSource *signal_source;
    Question *question; /* taken, and not answered */
    GSource *absence;   /* who asked has left, and nobody has come back */
    int64_t left_us;    /* when that was noticed; 0: it is not so */
    bool is_new;        /* the question: it hears at once what waits for it */
    bool has_given_way;
    bool frozen;
    bool leaving;
    bool left;
    bool port_is_lost;
    bool is_restored; /* it has not heard of it yet */
} Agent;

static void take_next(Agent *self);

static void
answer(Agent *self, unsigned count, const char *error)
{
    Question *question = g_steal_pointer(&self->question);

    host_answer(question, count, self->frozen, error);
    if (!self->leaving)
        take_next(self);
}

static void
on_done(void *user, unsigned count, const GError *error)
{
    Agent *self = user;

    answer(self, count, error ? error->message : NULL);
}

/* As session and dispatch would. */
static void
take_next(Agent *self)
{
    if (self->question || self->leaving || !(self->question = host_take_question()))
        return;
    self->has_given_way = false;
    self->is_new = true;
    self->bell->count = 1; /* to look what waits behind it */
    switch (self->question->ask) {
    case ASK_STATUS:
        answer(self, frost_transaction_is_frozen(self->transaction), NULL);
        break;
    case ASK_FREEZE:
        if (self->frozen)
            answer(self, 0, "the command is not allowed while frozen");
        else
            frost_transaction_freeze(self->transaction, NULL, NULL, on_done, self);
        break;
    case ASK_THAW:
        frost_transaction_thaw(self->transaction, on_done, self);
        break;
    }
}

static void
on_released(void *user, unsigned count, const GError *error)
{
    Agent *self = user;

    self->left = true;
}

static void
leave(Agent *self, FrostRelease cause, const char *reason)
{
    if (self->leaving)
        return;
    self->leaving = true;
    frost_transaction_release(self->transaction, cause, reason, on_released, self);
}

static void await_return(Agent *self, int64_t us);

static gboolean
on_still_absent(gpointer user)
{
    Agent *self = user;

    frost_source_drop(&self->absence);
    if (self->question && host_is_absent()) {
        frost_transaction_miss_host(self->transaction);
        await_return(self, ABSENCE_S * SECOND_US);
    }
    return G_SOURCE_REMOVE;
}

static void
await_return(Agent *self, int64_t us)
{
    self->absence = frost_source_attach(g_timeout_source_new((guint)(MAX(us, 0) / 1000 + 1)),
                                        self->process->context, on_still_absent, self);
}

static void
look_who_waits(Agent *self)
{
    bool is_freeze = self->question && self->question->ask == ASK_FREEZE;

    if (!host_is_absent())
        self->left_us = 0;
    else if (self->left_us == 0)
        self->left_us = world->now_us;
    if (is_freeze && self->is_new && self->left_us != 0 &&
        world->now_us - self->left_us >= ABSENCE_S * (int64_t)SECOND_US)
        frost_transaction_miss_host(self->transaction);
    self->is_new = false;
    if (is_freeze && !self->has_given_way && host_asks_thaw()) {
        self->has_given_way = true;
        frost_transaction_give_up_freeze(self->transaction);
    }
    if (!host_is_absent())
        frost_source_drop(&self->absence);
    else if (self->question && !self->absence)
        await_return(self, self->left_us + ABSENCE_S * SECOND_US - world->now_us);
}

static void
read_port(Agent *self)
{
    port_read(self->port);
    take_next(self);
}

static gboolean
on_port(gint fd, GIOCondition condition, gpointer user)
{
    Agent *self = user;

    self->bell->count = 0;
    if (self->is_restored && self->frozen && !self->leaving)
        frost_transaction_release(self->transaction, FROST_RELEASE_RESTORED, "it was restored",
                                  NULL, NULL);
    self->is_restored = false;
    if (self->port_is_lost)
        leave(self, FROST_RELEASE_PORT_LOST, "the port has gone");
    else if (!self->leaving)
        read_port(self);
    look_who_waits(self);
    return G_SOURCE_CONTINUE;
}

static gboolean
on_signal(gint fd, GIOCondition condition, gpointer user)
{
    Agent *self = user;

    self->process->term_is_pending = false;
    leave(self, FROST_RELEASE_SIGNAL, "received signal num 15");
    return G_SOURCE_CONTINUE;
}

static void
on_frozen_changed(void *user, bool frozen)
{
    Agent *self = user;

    self->frozen = frozen;
    if (!frozen)
        oracle_note_log_released();
}

static void
on_finished(void *user, const FrostRecord *record)
{
}

static GSource *
watch(GMainContext *context, OpenFile *file, GUnixFDSourceFunc callback, Agent *self)
{
    int fd = files_install(own_files(), file, true);

    return frost_source_attach(g_unix_fd_source_new(fd, G_IO_IN), context, G_SOURCE_FUNC(callback),
                               self);
}

static void
wire(Agent *self, GMainContext *context)
{
    static const char *const no_names[] = {NULL};
    const FrostHooksConfig hooks = {
        .source = {.source = world->hooks->count > 0 ? "/hooks" : NULL, .required = no_names},
        .timeout_s = 60,
        .setting = &(FrostChildSetting){.umask = HOOK_UMASK,
                                        .oom_score_adj = HOOK_OOM_SCORE_ADJ,
                                        .open_files = HOOK_OPEN_FILES}};

    self->sys = disks_sys();
    self->hooks = frost_hooks_new(&hooks, &self->sys, context);
    self->planner = frost_planner_new(&self->sys, context);
    self->supervisor = frost_supervisor_new(&self->sys, context);
    const FrostTransactionParts parts = {
        .sys = &self->sys,
        .planner = self->planner,
        .supervisor = self->supervisor,
        .hooks = self->hooks,
        .statedir = "/run/frost",
        .mode = FROST_PLAN_FREEZE,
        .context = context,
        .limits = {.sync_s = 300, .freeze_s = 60, .hold_s = agent_hold_s()},
        .expedite = true,
        .is_paced = true,
        .seals = true,
        .budget_s = world->seed % 8 == 5 ? 45 : 0,
        .thaw_reply_s = 8,
        .finished = on_finished,
        .frozen_changed = on_frozen_changed,
        .user = self};
    self->transaction = frost_transaction_new(&parts);
}

static void
clear(Agent *self, GMainContext *context)
{
    frost_source_drop(&self->port_source);
    frost_source_drop(&self->absence);
    frost_source_drop(&self->signal_source);
    g_clear_pointer(&self->port, port_free);
    while (g_main_context_iteration(context, FALSE)) /* reaps the parser */
        ;
    g_clear_pointer(&self->transaction, frost_transaction_free);
    self->hooks->free(self->hooks);
    self->planner->free(self->planner);
    self->supervisor->free(self->supervisor);
}

static void *
run_agent(void *user)
{
    Agent *self = user;
    GMainContext *context = calls_new_context();

    self->port_source = watch(context, self->bell, on_port, self);
    self->signal_source = watch(context, open_file_new(FILE_SIGNAL), on_signal, self);
    self->port = port_new(context);
    wire(self, context);
    read_port(self);
    while (!self->left)
        g_main_context_iteration(context, TRUE);
    clear(self, context);
    g_main_context_unref(context);
    world_tell("%s ends", process_name(self->process));
    self->process->ends_threads = process_has_other_threads(self->process, world->current);
    unsigned left_open = files_count(own_files());
    if (left_open > 2 && !self->process->ends_threads) /* what rings at the port, and its signals */
        world_fail("the agent ends with %u descriptors open", left_open);
    process_end(self->process, 0);
    thread_end();
}

void
agent_start(void)
{
    Process *process = process_new(ROLE_AGENT, NULL, files_new());
    Agent *self = calloc(1, sizeof *self);

    self->process = process;
    self->bell = open_file_new(FILE_EVENT);
    self->bell->refs++;
    process->agent = self;
    world->agent = process;
    coverage_agent_starts();
    world->oracle->upset_us = world->now_us;
    process_add_thread(process, run_agent, self);
    world_tell("%s is started", process_name(process));
}

void
agent_forget(Process *process)
{
    Agent *self = process->agent;

    open_file_unref(self->bell);
    free(self);
}

static Agent *
living(void)
{
    return process_is_alive(world->agent) ? world->agent->agent : NULL;
}

void
agent_ring(void)
{
    Agent *self = living();

    if (self)
        self->bell->count = 1;
}

void
agent_lose_port(void)
{
    Agent *self = living();

    if (self)
        self->port_is_lost = true;
    agent_ring();
}

void
agent_be_restored(void)
{
    Agent *self = living();

    if (self)
        self->is_restored = true;
    agent_ring();
}

bool
agent_is_reading(void)
{
    const Agent *self = living();

    return self && self->port && port_is_inside(self->port);
}

unsigned
agent_descriptors(void)
{
    return living() ? files_count(world->agent->files) : 0;
}

unsigned
agent_hold_s(void)
{
    static const unsigned choices[] = {600, 600, 30, 0};

    return choices[world->seed % 4];
}

unsigned
agent_longest_s(void)
{
    unsigned hold_s = agent_hold_s();

    if (!disks_kernel_panics())
        return hold_s;
    return hold_s == 0 ? DISKS_WINDOW_S : MIN(hold_s, DISKS_WINDOW_S);
}

bool
agent_is_leaving(const Process *process)
{
    const Agent *self = process->agent;

    return self->leaving;
}
