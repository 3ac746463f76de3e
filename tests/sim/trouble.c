/* SPDX-License-Identifier: MIT */
#include "trouble.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent.h"
#include "coverage.h"
#include "disks.h"
#include "files.h"
#include "freezer-protocol.h"
#include "hook.h"
#include "host.h"
#include "oracle.h"
#include "points.h"
#include "process.h"

static const int disk_errors[] = {EIO, EBUSY, EOPNOTSUPP, ENOSPC, EPERM};
static const int call_errors[TROUBLE_CALLS] = {EAGAIN, ENOENT, EMFILE, EAGAIN, ENOMEM,  EMFILE,
                                               EMFILE, EACCES, EIO,    ENOSPC, ENOBUFS, ENOMEM};

/* Where in a history it may happen: most is done in a thousand steps. */
static void
choose_time(Event *self, Dice *dice)
{
    self->point = -1;
    switch (dice_below(dice, 4)) {
    case 0:
        self->step = 1 + dice_below(dice, 1500);
        break;
    case 1:
        self->at_us = dice_percent(dice, 70) ? 1 + dice_below(dice, 3 * SECOND_US)
                                             : (1 + dice_below(dice, 900)) * (int64_t)SECOND_US;
        break;
    default:
        self->point = (int)dice_below(dice, POINT_COUNT);
        self->nth = dice_percent(dice, 60) ? 1 : 1 + dice_below(dice, 5);
        break;
    }
}

static void
choose_what(Event *self, Dice *dice)
{
    self->disk = dice_below(dice, world->disks->count);
    self->times = dice_percent(dice, 50) ? 1 : 1 + dice_below(dice, 4);
    if (self->kind == EVENT_STICK || self->kind == EVENT_LET_GO || self->kind == EVENT_FAIL) {
        self->call = dice_percent(dice, 60) ? FAKE_FREEZE
                                            : FAKE_SYNC + dice_below(dice, FAKE_CALLS - FAKE_SYNC);
        self->error = self->call == FAKE_FREEZE ? disk_errors[dice_below(dice, 5)] : EIO;
        if (self->kind != EVENT_FAIL && dice_percent(dice, 6))
            self->call = FAKE_OPEN;
    } else if (self->kind == EVENT_HOOK) {
        self->call = dice_below(dice, 2);
        self->error = 1 + (int)dice_below(dice, HOOK_MANNERS - 1);
    } else {
        self->call = dice_below(dice, TROUBLE_CALLS);
    }
}

/* Who undoes for an agent that is dead dies too. */
static void
choose_second_death(Event *self, Dice *dice)
{
    static const char *const places[][2] = {{"recovery", "starting"},
                                            {"hook", "thaw"},
                                            {"recovery", "leaving"},
                                            {"freezer", "leaving"}};
    const char *const *place = places[dice_below(dice, 4)];

    *self = (Event){.kind = EVENT_KILL_FREEZER, .point = point_find(place[0], place[1]), .nth = 1};
}

static void
choose(Event *self, Dice *dice)
{
    /* Deaths and what stays in the kernel are most of what was ever found. */
    static const EventKind often[] = {EVENT_KILL_AGENT, EVENT_KILL_FREEZER, EVENT_STICK,
                                      EVENT_LET_GO,     EVENT_REFUSE,       EVENT_START_AGENT};

    self->kind = dice_percent(dice, 50) ? often[dice_below(dice, 6)]
                                        : (EventKind)dice_below(dice, EVENT_KINDS);
    choose_time(self, dice);
    choose_what(self, dice);
}

/* A few soon after each other, which chance alone brings together too seldom: a call that hangs,
 * who made it dies, and somebody comes after it. How many. */
static unsigned
choose_theme(Event *events, unsigned most, Dice *dice)
{
    static const EventKind deaths[] = {EVENT_KILL_AGENT, EVENT_KILL_FREEZER, EVENT_KILL_BOTH,
                                       EVENT_STOP_FREEZER};
    int64_t begin_us = 100000 + dice_below(dice, 2 * SECOND_US);
    bool is_sync = dice_percent(dice, 20);

    events[0] = (Event){.kind = EVENT_STICK,
                        .point = point_find("agent", is_sync ? "hooks" : "starting"),
                        .nth = 1,
                        .disk = dice_below(dice, world->disks->count),
                        .call = is_sync                  ? FAKE_SYNC
                                : dice_percent(dice, 70) ? FAKE_FREEZE
                                                         : FAKE_THAW};
    events[1] = (Event){.kind = deaths[dice_below(dice, 4)], .point = -1, .at_us = begin_us};
    events[2] = (Event){.kind = dice_percent(dice, 70) ? EVENT_START_AGENT : EVENT_CONTINUE,
                        .point = -1,
                        .at_us = begin_us + 1 + dice_below(dice, 60 * SECOND_US)};
    if (most == 3 || dice_percent(dice, 60))
        return 3;
    /* Without a file for the ledger; or without descriptors of their own for the workers. */
    bool is_room = dice_percent(dice, 60);
    events[3] = (Event){.kind = EVENT_REFUSE,
                        .point = point_find("agent", is_room ? "planning" : "starting"),
                        .nth = 1,
                        .call = is_room ? TROUBLE_ROOM : TROUBLE_UNSHARE,
                        .times = 4};
    return 4;
}

static void
find_next_step(Trouble *self)
{
    self->next_step = UINT64_MAX;
    for (unsigned i = 0; i < self->count; i++) {
        const Event *event = &self->events[i];

        if (!event->is_over && event->step > 0 && event->step < self->next_step)
            self->next_step = event->step;
    }
}

Trouble *
trouble_new(uint32_t mask)
{
    Trouble *self = calloc(1, sizeof *self);
    Dice dice = {world->seed * 3 + 1};

    self->count = dice_below(&dice, EVENTS_MAX + 1);
    unsigned first = self->count >= 3 && dice_percent(&dice, 25)
                         ? choose_theme(self->events, self->count, &dice)
                         : 0;
    for (unsigned i = first; i < self->count; i++) {
        if (i > 0 && self->events[i - 1].kind == EVENT_KILL_AGENT && dice_percent(&dice, 20))
            choose_second_death(&self->events[i], &dice);
        else
            choose(&self->events[i], &dice);
    }
    for (unsigned i = 0; i < self->count; i++)
        self->events[i].is_over = !(mask & (1u << i));
    find_next_step(self);
    return self;
}

void
trouble_free(Trouble *self)
{
    free(self);
}

/* Words ---------------------------------------------------------------------------------------- */

static const char *const call_names[TROUBLE_CALLS] = {
    "fork",  "exec", "socketpair", "thread creation", "mmap", "eventfd",
    "pidfd", "open", "open mount", "fallocate",       "send", "unshare"};
static const char *const disk_call_names[] = {"open", "stat", "syncfs", "FIFREEZE", "FITHAW"};

static void
print_what(const Event *self)
{
    static const char *const words[EVENT_KINDS] = {
        [EVENT_KILL_AGENT] = "kill the agent",
        [EVENT_KILL_FREEZER] = "kill the freezer",
        [EVENT_KILL_BOTH] = "kill agent and freezer",
        [EVENT_STOP_AGENT] = "stop the agent",
        [EVENT_STOP_FREEZER] = "stop the freezer",
        [EVENT_CONTINUE] = "continue all",
        [EVENT_TERM_AGENT] = "SIGTERM to the agent",
        [EVENT_TERM_FREEZER] = "SIGTERM to the freezer",
        [EVENT_OPERATOR] = "frost-ga thaw in the guest",
        [EVENT_TERM_ALL] = "SIGTERM to all",
        [EVENT_START_AGENT] = "start an agent if none lives",
        [EVENT_LOSE_PORT] = "the port goes",
        [EVENT_FOREIGN_FREEZE] = "another program freezes",
        [EVENT_FOREIGN_THAW] = "another program thaws",
        [EVENT_KILL_HOOK] = "kill the hook that runs",
        [EVENT_UNMOUNT] = "nobody lives: another program thaws and unmounts",
        [EVENT_SLEEP] = "the guest sleeps for hours:",
    };
    const char *disk = world->disks->disk[self->disk].path;

    if (self->kind == EVENT_STICK)
        printf("%s of %s hangs", disk_call_names[self->call], disk);
    else if (self->kind == EVENT_LET_GO)
        printf("%s of %s hangs no longer", disk_call_names[self->call], disk);
    else if (self->kind == EVENT_FAIL)
        printf("the next %u %s of %s fail: %s", self->times, disk_call_names[self->call], disk,
               strerror(self->error));
    else if (self->kind == EVENT_REFUSE)
        printf("the next %u calls of %s fail", self->times, call_names[self->call]);
    else if (self->kind == EVENT_HOOK)
        printf("the next %s hook misbehaves (%d)", self->call ? "thaw" : "freeze", self->error);
    else if (self->kind == EVENT_UNMOUNT || self->kind == EVENT_FOREIGN_FREEZE ||
             self->kind == EVENT_FOREIGN_THAW)
        printf("%s %s", words[self->kind], disk);
    else
        printf("%s", words[self->kind]);
}

void
trouble_print(const Trouble *self)
{
    for (unsigned i = 0; i < self->count; i++) {
        const Event *event = &self->events[i];

        if (event->is_over)
            continue;
        printf("  - ");
        print_what(event);
        if (event->point >= 0)
            printf(", when %s comes to %s for the %u. time\n", points[event->point].role,
                   points[event->point].name, event->nth);
        else if (event->step > 0)
            printf(", at step %llu\n", (unsigned long long)event->step);
        else
            printf(", after %.3f s\n", (double)event->at_us / SECOND_US);
    }
}

/* Deeds ---------------------------------------------------------------------------------------- */

/* A process that may hold something: the agent's, with what the kernel has left of it. */
static bool
anybody_lives(void)
{
    for (unsigned i = 0; i < world->process_count; i++) {
        const Process *process = world->processes[i];

        if (process->role >= ROLE_AGENT && process->role <= ROLE_RECOVERY && !process->zombie)
            return true;
    }
    return false;
}

/* Of a ledger in memory nobody is left: a thread that the kernel still has knows nothing. */
static bool
is_ledger_lost(void)
{
    for (unsigned i = 0; i < world->process_count; i++) {
        const Process *process = world->processes[i];

        if (process->role >= ROLE_AGENT && process->role <= ROLE_RECOVERY &&
            process_is_alive(process))
            return false;
    }
    return ledger_in_use() != world->ledger->data;
}

static void
kill_process(Process *process)
{
    if (!process_is_alive(process))
        return;
    world_tell("%s is killed", process_name(process));
    coverage_death(process);
    world->oracle->told_us = 0;
    world->oracle->has_killed = true;
    if (process->role == ROLE_AGENT)
        world->oracle->died_us = world->now_us;
    process_end(process, SIGKILL);
    if (process->role == ROLE_AGENT || process->role == ROLE_RECOVERY)
        hooks_sim_note_death(process);
    if (process->role == ROLE_AGENT)
        host_note_death();
    /* Without a file the next agent cannot even know that there is a freezer. */
    if (process->role == ROLE_AGENT && ledger_in_use() != world->ledger->data &&
        !world->ledger->locked_by)
        world->is_lost = true;
}

/* The newest that lives; a freezer may have become a recovery. */
static Process *
find_freezer(void)
{
    for (unsigned i = world->process_count; i-- > 0;) {
        Process *process = world->processes[i];

        if ((process->role == ROLE_FREEZER || process->role == ROLE_RECOVERY) &&
            process_is_alive(process))
            return process;
    }
    return NULL;
}

static void
stop(Process *process)
{
    if (!process_is_alive(process))
        return;
    world_tell("%s is stopped", process_name(process));
    world->oracle->stuck = true; /* a thaw is answered early then */
    if (!process->stopped)
        process->stopped_us = world->now_us;
    process->stopped = true;
}

static void
continue_all(void)
{
    if (world->agent->stopped)
        world->oracle->upset_us = world->now_us;
    for (unsigned i = 0; i < world->process_count; i++) {
        Process *process = world->processes[i];

        if (!process->stopped)
            continue;
        world_tell("%s continues", process_name(process));
        process->stopped = false;
        process->continued_us = world->now_us;
    }
}

static void
terminate(Process *process, int code, int value)
{
    if (!process_is_alive(process) || process->role == ROLE_RECOVERY)
        return;
    world_tell("SIGTERM to %s", process_name(process));
    process->term_is_pending = true;
    process->term_code = code;
    process->term_value = value;
    if (process->role == ROLE_FREEZER)
        world->oracle->told_us = world->now_us;
}

static void
terminate_all(void)
{
    for (unsigned i = 0; i < world->process_count; i++) {
        Process *process = world->processes[i];

        if (process->role == ROLE_FREEZER || process == world->agent)
            terminate(process, SI_USER, 0);
    }
    hooks_sim_terminate();
}

static void
sleep_for_hours(void)
{
    world_tell("the guest sleeps for two hours");
    world->slept_us += 2 * HOUR_US;
    world->oracle->stuck = true; /* what was under way is late now */
}

static void
refuse(const Event *event)
{
    if ((event->call == TROUBLE_FORK || event->call == TROUBLE_PIDFD) &&
        (world->trouble->forks += event->times) > 4)
        return;
    /* A dead thread that keeps the lock, and waits for what is frozen, does so for ever. */
    if (event->call == TROUBLE_UNSHARE && world->disks->any_unseen)
        return;
    /* A word is said twice; two that are lost are missed only at a deadline. */
    world->trouble->refused[event->call] = event->call == TROUBLE_SEND ? 1 : event->times;
    world->trouble->why[event->call] = call_errors[event->call];
    world_tell("the next %u calls of %s fail", event->times, call_names[event->call]);
}

static void
treat_disk(const Event *event)
{
    Disk *disk = &world->disks->disk[event->disk];

    if (event->kind == EVENT_STICK) {
        disk->stuck[event->call] = true;
        world->oracle->open_hung |= event->call == FAKE_OPEN;
        world->oracle->stuck = true;
    } else if (event->kind == EVENT_LET_GO) {
        disks_let_go(disk, event->call);
    } else if (event->kind == EVENT_FAIL) {
        disk->fails[event->call] = event->times;
        disk->error[event->call] = event->error;
        world->oracle->stuck |= event->call == FAKE_THAW;
    } else if (event->kind == EVENT_UNMOUNT) {
        if (!anybody_lives())
            disk_unmount(disk);
    } else if (event->kind == EVENT_FOREIGN_FREEZE) {
        if (world->disks->stacked == 0) /* what stands on it would never freeze */
            disk_freeze_by_other(disk);
    } else {
        disk_thaw_by_other(disk);
    }
    world_tell("%s: trouble %d, call %u", disk->path, event->kind, event->call);
}

static void
happen(const Event *event)
{
    world->oracle->is_hindered |= event->kind == EVENT_FAIL || event->kind == EVENT_REFUSE ||
                                  event->kind == EVENT_STOP_AGENT ||
                                  event->kind == EVENT_STOP_FREEZER || event->kind == EVENT_SLEEP;
    world->oracle->is_disturbed |=
        event->kind == EVENT_KILL_FREEZER || event->kind == EVENT_KILL_BOTH ||
        event->kind == EVENT_STOP_AGENT || event->kind == EVENT_STOP_FREEZER ||
        event->kind == EVENT_REFUSE || event->kind == EVENT_SLEEP;
    switch (event->kind) {
    case EVENT_KILL_AGENT:
        kill_process(world->agent);
        break;
    case EVENT_KILL_FREEZER:
        kill_process(find_freezer());
        break;
    case EVENT_KILL_BOTH:
        kill_process(world->agent);
        kill_process(find_freezer());
        break;
    case EVENT_STOP_AGENT:
        stop(world->agent);
        break;
    case EVENT_STOP_FREEZER:
        stop(find_freezer());
        break;
    case EVENT_CONTINUE:
        continue_all();
        break;
    case EVENT_TERM_AGENT:
        terminate(world->agent, SI_USER, 0);
        break;
    case EVENT_TERM_FREEZER:
        terminate(find_freezer(), SI_USER, 0);
        break;
    case EVENT_OPERATOR:
        terminate(find_freezer(), SI_QUEUE, FROST_OPERATOR_SIGNAL_VALUE);
        break;
    case EVENT_TERM_ALL:
        terminate_all();
        break;
    case EVENT_START_AGENT:
        if (!process_is_alive(world->agent)) {
            host_note_death();
            agent_start();
        }
        break;
    case EVENT_LOSE_PORT:
        agent_lose_port();
        break;
    case EVENT_STICK:
    case EVENT_LET_GO:
    case EVENT_FAIL:
    case EVENT_FOREIGN_FREEZE:
    case EVENT_FOREIGN_THAW:
    case EVENT_UNMOUNT:
        treat_disk(event);
        break;
    case EVENT_REFUSE:
        refuse(event);
        break;
    case EVENT_SLEEP:
        sleep_for_hours();
        break;
    case EVENT_HOOK:
        world->hooks->next[event->call] = (HookManner)event->error;
        break;
    case EVENT_KILL_HOOK:
        hooks_sim_kill();
        break;
    case EVENT_KINDS:
        break;
    }
}

/* When ----------------------------------------------------------------------------------------- */

/* What an earlier agent left frozen: it stays until it is tried again. */
static bool
keeps_from_opening(TroubleCall call)
{
    bool is_for_thread = call == TROUBLE_THREAD || call == TROUBLE_EVENT ||
                         call == TROUBLE_SOCKET || call == TROUBLE_UNSHARE;

    return call == TROUBLE_OPEN_MOUNT ||
           (is_for_thread && world->current->process == world->agent &&
            coverage_agent_is("adopting"));
}

/* By a ledger in memory, which ends with its last process. */
static bool
keeps_from_recovering(TroubleCall call)
{
    return (call == TROUBLE_MAP || call == TROUBLE_EXEC) && !process_is_alive(world->agent) &&
           ledger_in_use() != world->ledger->data;
}

int
trouble_refuses(TroubleCall call)
{
    Trouble *self = world->trouble;

    if (self->refused[call] == 0 || world->is_settling)
        return 0;
    self->refused[call]--;
    if (keeps_from_opening(call))
        world->oracle->stuck = world->oracle->out_of_reach = true;
    if (keeps_from_recovering(call))
        world->is_lost = true;
    /* An agent that cannot read its ledger says that it knows nothing. */
    if ((call == TROUBLE_MAP || call == TROUBLE_OPEN) && world->current &&
        world->current->process->role == ROLE_AGENT)
        world->oracle->ledger_lost = true;
    return self->why[call];
}

bool
trouble_pass_point(const char *role, const char *name)
{
    Trouble *self = world->trouble;

    if (!coverage_point(role, name))
        return false;
    if (strcmp(name, "freezing") == 0 && strcmp(role, "agent") == 0)
        oracle_note_freezing();
    if (strcmp(name, "planning") == 0 && strcmp(role, "agent") == 0)
        oracle_note_planning();
    if (strcmp(name, "backing-off") == 0)
        disks_note_repeat();
    for (unsigned i = 0; i < self->count && !world->is_settling; i++) {
        Event *event = &self->events[i];

        if (event->is_over || event->is_due || event->point < 0 ||
            strcmp(points[event->point].name, name) != 0 ||
            strcmp(points[event->point].role, role) != 0 || --event->nth > 0)
            continue;
        event->is_due = true;
        self->due++;
    }
    return true;
}

bool
trouble_is_near(void)
{
    return world->trouble->due > 0 || world->steps >= world->trouble->next_step;
}

void
trouble_strike(void)
{
    Trouble *self = world->trouble;
    bool any = trouble_is_near();

    for (unsigned i = 0; i < self->count && !world->is_settling; i++) {
        Event *event = &self->events[i];
        bool is_now = event->is_due || (event->step > 0 && event->step <= world->steps) ||
                      (event->at_us > 0 && event->at_us <= world->now_us);

        if (event->is_over || !is_now)
            continue;
        event->is_over = true;
        any = true;
        happen(event);
    }
    self->due = 0;
    if (any)
        find_next_step(self);
    if (world->in_memory && world->oracle->has_killed && is_ledger_lost())
        world->is_lost = true;
}

int64_t
trouble_next_us(void)
{
    const Trouble *self = world->trouble;
    int64_t next = -1;

    for (unsigned i = 0; i < self->count && !world->is_settling; i++) {
        const Event *event = &self->events[i];

        if (!event->is_over && event->at_us > 0 && (next < 0 || event->at_us < next))
            next = event->at_us;
    }
    return next;
}

void
trouble_end(void)
{
    world->trouble->next_step = UINT64_MAX;
    world->trouble->due = 0;
    continue_all();
    disks_let_all_go();
    for (unsigned i = 0; i < world->disks->count; i++) {
        Disk *disk = &world->disks->disk[i];

        if (disk_is_frozen(disk) && !disk_is_ours(disk))
            disk_thaw_by_other(disk);
    }
}
