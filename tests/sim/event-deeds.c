/* SPDX-License-Identifier: MIT */
#include "event.h"

#include <errno.h>
#include <signal.h>

#include "agent.h"
#include "coverage.h"
#include "disk-door.h"
#include "disks.h"
#include "files.h"
#include "freezer-protocol.h"
#include "hook.h"
#include "host.h"
#include "oracle.h"
#include "person.h"
#include "process.h"
#include "trouble.h"

static const int call_errors[TROUBLE_CALLS] = {EAGAIN, ENOENT, EMFILE, EAGAIN, ENOMEM,  EMFILE,
                                               EMFILE, EMFILE, EIO,    ENOSPC, ENOBUFS, ENOMEM};

/* A process that may hold something: the agent's, with what the kernel has left of it. */
static bool
anybody_lives(void)
{
    for (unsigned i = 0; i < world->process_count; i++) {
        const Process *process = world->processes[i];

        bool is_ours = process->role >= ROLE_AGENT && process->role <= ROLE_RECOVERY;

        if ((is_ours || process->role == ROLE_PERSON) && !process->zombie)
            return true;
    }
    return false;
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
    if (process->role == ROLE_AGENT || process->role == ROLE_RECOVERY ||
        process->role == ROLE_PERSON)
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

static Process *
find(Role role)
{
    for (unsigned i = world->process_count; i-- > 0;) {
        if (world->processes[i]->role == role && process_is_alive(world->processes[i]))
            return world->processes[i];
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

void
event_continue_all(void)
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

/* It has nothing but what it reads, so its death disturbs nothing else. */
static void
treat_parser(const Event *event)
{
    Process *parser = find(ROLE_PARSER);

    if (!parser)
        return;
    if (event->kind != EVENT_KILL_PARSER || agent_is_reading())
        oracle_note_parser_hurt();
    oracle_note_parser_trouble();
    if (event->kind == EVENT_KILL_PARSER) {
        world_tell("%s is killed", process_name(parser));
        coverage_death(parser);
        process_end(parser, SIGKILL);
    } else if (event->kind == EVENT_STOP_PARSER) {
        world_tell("%s is stopped", process_name(parser));
        parser->stopped = true;
    } else if (event->kind == EVENT_SLOW_PARSER) {
        parser->delay_us = event->error * 1000ll;
    } else {
        parser->lies = true;
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
    world_tell("the next %u calls of %s fail", event->times,
               event_call_name((TroubleCall)event->call));
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

void
event_happen(const Event *event)
{
    world->oracle->is_hindered |= event->kind == EVENT_FAIL || event->kind == EVENT_REFUSE ||
                                  event->kind == EVENT_STOP_AGENT ||
                                  event->kind == EVENT_STOP_FREEZER ||
                                  event->kind == EVENT_STOP_HEIR || event->kind == EVENT_SLEEP;
    world->oracle->is_refused |= event->kind == EVENT_FAIL || event->kind == EVENT_REFUSE ||
                                 event->kind == EVENT_STOP_AGENT || event->kind == EVENT_SLEEP;
    world->oracle->is_disturbed |=
        event->kind == EVENT_KILL_FREEZER || event->kind == EVENT_KILL_BOTH ||
        event->kind == EVENT_STOP_AGENT || event->kind == EVENT_STOP_FREEZER ||
        event->kind == EVENT_KILL_HEIR || event->kind == EVENT_STOP_HEIR ||
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
        event_continue_all();
        break;
    case EVENT_TERM_AGENT:
        terminate(world->agent, SI_USER, 0);
        break;
    case EVENT_TERM_FREEZER:
        terminate(find_freezer(), SI_USER, 0);
        break;
    case EVENT_OPERATOR:
        if (!find(ROLE_PERSON))
            person_start();
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
    case EVENT_RESTORE:
        agent_be_restored();
        break;
    case EVENT_KILL_HEIR:
        kill_process(find(ROLE_HEIR));
        break;
    case EVENT_KILL_PERSON:
        kill_process(find(ROLE_PERSON));
        break;
    case EVENT_STOP_HEIR:
        stop(find(ROLE_HEIR));
        break;
    case EVENT_KILL_PARSER:
    case EVENT_STOP_PARSER:
    case EVENT_SLOW_PARSER:
    case EVENT_LIE_PARSER:
        treat_parser(event);
        break;
    case EVENT_KINDS:
        break;
    }
}
