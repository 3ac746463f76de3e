/* SPDX-License-Identifier: MIT */
#include "trouble.h"

#include <stdlib.h>
#include <string.h>

#include "coverage.h"
#include "disk-door.h"
#include "disks.h"
#include "event-choice.h"
#include "files.h"
#include "oracle.h"
#include "points.h"
#include "process.h"

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

    self->count = events_choose(self->events);
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

void
trouble_print(const Trouble *self)
{
    for (unsigned i = 0; i < self->count; i++) {
        const Event *event = &self->events[i];

        if (!event->is_over)
            event_print(event);
    }
}

/* No process is left that has the ledger in memory, and the ledger in use is another one. */
static bool
is_ledger_lost(void)
{
    return !process_any_holds(world->in_memory) && ledger_in_use() != world->ledger->data;
}

/* What an earlier agent left frozen: it stays until it is tried again. */
static bool
keeps_from_opening(TroubleCall call)
{
    bool is_for_thread = call == TROUBLE_THREAD || call == TROUBLE_EVENT ||
                         call == TROUBLE_SOCKET || call == TROUBLE_UNSHARE;

    return call == TROUBLE_OPEN_MOUNT ||
           (is_for_thread && world->current->process == world->agent &&
            coverage_agent_is("adopting")) ||
           (is_for_thread && world->current->process->role == ROLE_PERSON);
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
    if (call == TROUBLE_FORK || call == TROUBLE_EXEC || call == TROUBLE_SOCKET)
        oracle_note_parser_trouble();
    world->oracle->shares_table |= call == TROUBLE_UNSHARE;
    if (keeps_from_recovering(call))
        world->is_lost = true;
    /* An agent that cannot open its ledger says that it knows nothing. */
    if (call == TROUBLE_OPEN && world->current && world->current->process->role == ROLE_AGENT)
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
        event_happen(event);
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
    event_continue_all();
    for (unsigned i = 0; i < world->process_count; i++) {
        world->processes[i]->delay_us = 0;
        world->processes[i]->lies = false;
    }
    disks_let_all_go();
    for (unsigned i = 0; i < world->disks->count; i++) {
        Disk *disk = &world->disks->disk[i];

        if (disk_is_frozen(disk) && !disk_is_ours(disk))
            disk_thaw_by_other(disk);
    }
}
