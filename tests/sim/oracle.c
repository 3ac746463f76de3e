/* SPDX-License-Identifier: MIT */
#include "oracle.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "agent.h"
#include "coverage.h"
#include "disks.h"
#include "fake-sys-private.h"
#include "files.h"
#include "port.h"
#include "process.h"

/* So long an agent that is well may take to learn what its freezer has done. */
#define LEARN_US (3 * SECOND_US)
/* host-timeout, and time to hear of it. */
/* A freeze is cut off, three rescuers start slowly, and hooks are waited for. */
#define THAW_LIMIT_US (200ll * SECOND_US)
/* Three rounds of syncing at their limit, hooks, and a budget that is not set. */
#define FREEZE_LIMIT_US (1500ll * SECOND_US)
/* After so long a parser that could not be started is tried again. */
#define PARSER_RETRY_US (11 * SECOND_US)
#define LONG_ABSENT_US (35 * SECOND_US)

Oracle *
oracle_new(void)
{
    return calloc(1, sizeof(Oracle));
}

void
oracle_free(Oracle *self)
{
    free(self);
}

void
oracle_note_freeze(int r)
{
}

void
oracle_note_thaw(int r)
{
    if (r < 0)
        world->oracle->stuck = true;
    if (r < 0 && r != -EINVAL)
        world->oracle->thaw_refused = true;
}

void
oracle_note_foreign_thaw(void)
{
    world->oracle->foreign_thawed = true;
}

void
oracle_note_log_released(void)
{
    if (!world->oracle->ledger_lost && (disks_count_ours() > 0 || disks_any_on_its_way()))
        world_fail("the log is written to again while something is or may become frozen");
}

/* Nobody has been at the port for so long that none can be meant any more. */
void
oracle_note_freezing(void)
{
    const Host *host = world->host;
    const Question *last = &host->questions[host->count - 1];

    if (host->count > 0 && last->gone && world->now_us - last->gone_us > LONG_ABSENT_US &&
        world->now_us - world->oracle->upset_us > LONG_ABSENT_US)
        world_fail("it freezes for a host that has been gone for %.0f s",
                   (double)(world->now_us - last->gone_us) / SECOND_US);
}

void
oracle_note_planning(void)
{
    world->oracle->asked_us = world_boottime_us();
}

void
oracle_note_hook(const HookRun *run)
{
    unsigned ours = disks_count_ours();

    if (ours > 0 && !run->is_hold && !world->oracle->stuck && !disks_any_on_its_way())
        world_fail("hook %s is called with %s while %u filesystems are frozen", run->name,
                   run->is_thaw ? "thaw" : "freeze", ours);
}

void
oracle_note_parser_hurt(void)
{
    world->oracle->parser_hurts++;
}

void
oracle_note_parser_trouble(void)
{
    world->oracle->parser_trouble_us = world->now_us;
}

/* With sandbox=require nothing is read while no process can be started. */
void
oracle_note_parser_loss(const char *error)
{
    Oracle *self = world->oracle;
    bool is_strict = strstr(error, "sandbox=require") != NULL;

    if (is_strict && world->now_us - self->parser_trouble_us < PARSER_RETRY_US)
        return;
    if (self->parser_hurts == 0)
        world_fail("a question is lost, and nobody has hurt its parser: %s", error);
    else
        self->parser_hurts--;
    self->parser_trouble_us = world->now_us;
}

static unsigned
count_parsers(const Process *agent, bool are_dead)
{
    unsigned count = 0;

    for (unsigned i = 0; i < world->process_count; i++) {
        const Process *process = world->processes[i];

        count += process->role == ROLE_PARSER && process->parent == agent && !process->reaped &&
                 process->ending == are_dead;
    }
    return count;
}

void
oracle_note_parser_start(const Process *parser)
{
    if (count_parsers(parser->parent, false) > 1)
        world_fail("a parser is replaced and lives");
}

void
oracle_look_at_parser(void)
{
    if (count_parsers(world->agent, false) != port_is_parsed_away())
        world_fail("the agent has %u parsers", count_parsers(world->agent, false));
    if (count_parsers(world->agent, true) > 0)
        world_fail("a dead parser is not reaped");
}

/* A new freeze clears what is owed for an earlier one. */
void
oracle_note_taken(const Question *question)
{
    /* What has held until here is ended by the host's own word, whoever carries it out. */
    if (question->ask == ASK_FREEZE || (question->ask == ASK_THAW && !world->oracle->broken))
        world->oracle->believed = false;
}

/* A limit that is blamed has passed. */
static void
check_reason(const Question *question)
{
    int64_t limit_us = agent_longest_s() * (int64_t)SECOND_US;

    if (disks_kernel_panics()) /* from the first FIFREEZE on, which may take its time */
        limit_us -= 61 * SECOND_US;

    int64_t ended_us = world->oracle->was_at_it ? world_boottime_us() : world->oracle->ended_us;
    int64_t lasted_us = ended_us - world->oracle->asked_us;

    /* A ledger that could not be read may be of an earlier freeze. */
    if (strstr(question->error, "this time had passed") && !world->oracle->foreign_thawed &&
        !world->oracle->ledger_lost && lasted_us > 0 && lasted_us < limit_us)
        world_fail("a false reason after %.1f s: %s", (double)lasted_us / SECOND_US,
                   question->error);
    if (strstr(question->error, "somebody else has thawed it") && !world->oracle->foreign_thawed &&
        !world->oracle->thaw_refused)
        world_fail("a false reason, for nobody has: %s", question->error);
    if (strstr(question->error, "the freezer process was lost") && !world->oracle->is_disturbed)
        world_fail("a false reason, for nobody has hurt it: %s", question->error);
    if (strstr(question->error, "took longer than 60 seconds") &&
        world_boottime_us() - question->taken_us < 60ll * SECOND_US)
        world_fail("a false reason: %s", question->error);
}

static void
check_freeze(const Question *question)
{
    Oracle *self = world->oracle;
    unsigned ours = disks_count_ours();

    if (question->failed || question->count == 0)
        return;
    self->believed = !question->gone;
    self->broken = ours < question->count;
    if (ours > question->count && !self->ledger_lost)
        world_fail("freeze is answered %u, and %u are frozen", question->count, ours);
    else if (self->broken && world->now_us - self->ours_us > LEARN_US &&
             world->now_us - self->upset_us > LEARN_US &&
             world->now_us - self->freezer_stopped_us > LEARN_US)
        world_fail("freeze is answered %u, and %u are frozen", question->count, ours);
}

/* What the kernel has under way keeps nobody from thawing the rest. */
static void
check_rest(void)
{
    if (world->oracle->is_hindered || world->disks->stacked > 0 ||
        world->threads_max < THREADS_MAX) /* all of the few may be inside the kernel */
        return;
    for (unsigned i = 0; i < world->disks->count; i++) {
        const Disk *disk = &world->disks->disk[i];

        if (disk_is_ours(disk) && disk_is_left_frozen(disk))
            world_fail("a thaw is answered, and %s is still frozen", disk->path);
    }
}

/* The newest ledger in memory, which has ended with its last process: documented, and logged. */
static const FrostLedgerData *
find_lost_notes(void)
{
    return world->in_memory && !process_any_holds(world->in_memory) ? world->in_memory->data : NULL;
}

static void
check_thaw(const Question *question)
{
    Oracle *self = world->oracle;
    const FrostLedgerData *lost = find_lost_notes();
    bool nobody_knows = self->ledger_lost || (lost && atomic_load(&lost->owed) != 0);

    if (self->believed && self->broken && !question->failed && !nobody_knows)
        world_fail("thaw is answered %u, but the freeze had not held until then%s", question->count,
                   self->is_disturbed || self->foreign_thawed || self->has_killed
                       ? ", after a death or another's thaw"
                       : "");
    if (!question->failed && disks_count_ours() > 0 && !self->ledger_lost)
        world_fail("thaw is answered %u, and %u are frozen", question->count, disks_count_ours());
    self->believed = self->broken = false;
    check_rest();
}

static void
check_status(const Question *question)
{
    Oracle *self = world->oracle;
    unsigned ours = disks_count_ours();

    if (question->failed || self->ledger_lost)
        return;
    if (question->count && ours == 0 && !self->foreign_thawed && !disks_any_uncertain() &&
        !disks_any_on_its_way() && world->now_us - self->ours_us > LEARN_US &&
        world->now_us - self->upset_us > LEARN_US &&
        world->now_us - self->freezer_stopped_us > LEARN_US)
        world_fail("status says frozen, and nothing has been for %.1f s%s",
                   (double)(world->now_us - self->ours_us) / SECOND_US,
                   self->out_of_reach ? ", but it was out of reach once" : "");
    if (!question->count && (ours > 0 || disks_any_on_its_way()))
        world_fail("status says thawed, and %u filesystems are frozen, and %s on its way", ours,
                   disks_any_on_its_way() ? "one is" : "none");
}

void
oracle_note_answer(const Question *question)
{
    check_reason(question);
    if (question->ask == ASK_FREEZE)
        world->oracle->freeze_answered_us = world->now_us;
    switch (question->ask) {
    case ASK_STATUS:
        check_status(question);
        break;
    case ASK_FREEZE:
        check_freeze(question);
        break;
    case ASK_THAW:
        check_thaw(question);
        break;
    }
}

/* Each wait of a thaw has an end, and of a freeze once it is its turn. */
static void
check_waiting(void)
{
    const Host *host = world->host;
    const Oracle *self = world->oracle;

    for (unsigned i = host->first_unanswered; i < host->count; i++) {
        const Question *question = &host->questions[i];
        int64_t since_us = MAX(question->asked_us, self->upset_us);

        if (question->ask == ASK_THAW && !question->answered && !question->lost &&
            world->now_us - since_us > THAW_LIMIT_US)
            world_fail("a thaw is not answered for %d s%s", (int)(THAW_LIMIT_US / SECOND_US),
                       world->oracle->open_hung && !coverage_agent_is("planning")
                           ? ", while an open hangs"
                           : "");
        if (question->ask == ASK_FREEZE && !world->oracle->shares_table && !question->answered &&
            !question->lost &&
            world->now_us - MAX(since_us, self->freeze_answered_us) > FREEZE_LIMIT_US)
            world_fail("a freeze is not answered for %d s", (int)(FREEZE_LIMIT_US / SECOND_US));
    }
}

static bool
has_thaw(const HookRun *freeze)
{
    for (unsigned i = 0; i < world->hooks->run_count; i++) {
        const HookRun *run = &world->hooks->runs[i];

        if (run->is_thaw && run->began && run->freeze == freeze->freeze &&
            strcmp(run->name, freeze->name) == 0)
            return true;
    }
    return false;
}

/* Nothing is frozen, and there is an agent: what a dead one owes its hooks is done by somebody. */
static void
check_owed_hooks(void)
{
    const Oracle *self = world->oracle;
    /* Without an agent its freezer does it, or the recovery. */
    int64_t well_since_us =
        process_is_alive(world->agent) || self->is_disturbed ? self->upset_us : self->died_us;

    if (self->is_refused || self->foreign_thawed ||
        world->now_us - MAX(self->ours_us, well_since_us) < THAW_LIMIT_US)
        return;
    for (unsigned i = 0; i < world->hooks->run_count; i++) {
        const HookRun *run = &world->hooks->runs[i];

        if (run->began && !run->is_thaw && !run->is_hold && run->caller->zombie && !has_thaw(run))
            world_fail("hook %s of a dead agent is not undone for %d s", run->name,
                       (int)(THAW_LIMIT_US / SECOND_US));
    }
}

/* What it has thawed it cannot say, nor can its ledger. */
static bool
is_a_freezer_stopped(void)
{
    for (unsigned i = 0; i < world->process_count; i++) {
        const Process *process = world->processes[i];

        if (process->role == ROLE_FREEZER && process->stopped)
            return true;
    }
    return false;
}

void
oracle_note_time(void)
{
    Oracle *self = world->oracle;

    if (disks_count_ours() > 0 || disks_any_on_its_way())
        self->ours_us = world->now_us;
    if (!process_is_alive(world->agent) || world->agent->stopped)
        self->upset_us = world->now_us;
    if (is_a_freezer_stopped())
        self->freezer_stopped_us = world->now_us;
}

void
oracle_look(void)
{
    Oracle *self = world->oracle;
    unsigned ours = disks_count_ours();
    bool is_at_it = ours > 0 || disks_any_on_its_way();

    oracle_note_time();
    if (!is_at_it && self->was_at_it)
        self->ended_us = world_boottime_us();
    check_waiting();
    check_owed_hooks();
    if (self->believed && ours < self->held)
        self->broken = true;
    if (ours == 0 || self->is_hindered || self->stuck)
        self->told_us = 0;
    if (self->told_us != 0 && world->now_us - self->told_us > LEARN_US)
        world_fail("a freezer was told to thaw, and %u are frozen", ours);
    self->held = ours;
    self->was_at_it = is_at_it;
    if (world->kernel->violations->len > 0 && !self->ledger_lost)
        world_fail("%s", world->kernel->violations->str);
}

/* Thaws of the same hook of the same freeze: one, and one more for each that was cut off. */
static void
look_at_hook(const HookRun *freeze)
{
    const Hooks *hooks = world->hooks;
    unsigned thaws = 0;
    unsigned allowed = 1;

    for (unsigned i = 0; i < hooks->run_count; i++) {
        const HookRun *run = &hooks->runs[i];

        if (!run->is_thaw || !run->began || run->freeze != freeze->freeze ||
            strcmp(run->name, freeze->name) != 0)
            continue;
        thaws++;
        allowed += run->cut_off;
    }
    if (thaws == 0)
        world_fail("hook %s was never undone", freeze->name);
    else if (thaws > allowed)
        world_fail("hook %s was undone %u times", freeze->name, thaws);
}

void
oracle_look_at_queues(void)
{
    const FrostLedgerData *lost = find_lost_notes();
    bool knobs_are_lost = lost && frost_ledger_owes_knobs(lost);

    if (!fake_sys_knobs_are_normal(world->kernel) && !knobs_are_lost && !world_has_failed())
        world_fail("the queue of a disk stays short%s",
                   world->oracle->ledger_lost ? ", noted in a ledger that could not be read" : "");
}

void
oracle_look_back(void)
{
    const Hooks *hooks = world->hooks;

    for (unsigned i = 0; i < hooks->run_count && !world_has_failed(); i++) {
        const HookRun *run = &hooks->runs[i];

        if (run->began && !run->ended)
            world_fail("hook %s still runs", run->name);
        else if (run->began && !run->is_thaw && !run->is_hold)
            look_at_hook(run);
    }
    if (world->kernel->expedited && !world_has_failed())
        world_fail("grace periods stay expedited%s",
                   world->oracle->ledger_lost ? ", noted in a ledger that could not be read" : "");
    oracle_look_at_queues();
    if (disks_count_ours() > 0 && !world_has_failed())
        world_fail("something stays frozen");
}
