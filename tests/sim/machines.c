/* SPDX-License-Identifier: MIT */
#include "machines.h"

#include <stdio.h>
#include <string.h>

#define TO(state) (1u << (state))

typedef struct {
    const char *name;
    Role role; /* of the processes that have it */
    const char *states[MACHINE_STATES];
    unsigned arrows[MACHINE_STATES];
} Machine;

/* As drawn in sequencer.h, freezer-main.h, supervisor.h, parser.h and
 * parser-process.h: of an agent, whose next parser begins where the last one was lost. A process
 * begins in the first state. */
static const Machine machines[MACHINES] = {
    {"phase",
     ROLE_FREEZER,
     {"rest", "sync", "freeze", "back-off", "thaw"},
     {TO(1) | TO(2) | TO(4), TO(0) | TO(4), TO(0) | TO(3) | TO(4), TO(2) | TO(4), TO(0)}},
    {"service",
     ROLE_FREEZER,
     {"serving", "released", "dismissed", "dismissed-late", "orphaned"},
     {TO(1) | TO(2) | TO(3) | TO(4), TO(2) | TO(3) | TO(4), TO(4), TO(4)}},
    {"life", ROLE_AGENT, {"served", "rescued"}, {TO(0) | TO(1), TO(0) | TO(1)}},
    {"reader", ROLE_AGENT, {"here", "away"}, {TO(1), TO(0) | TO(1)}},
    {"parsing",
     ROLE_AGENT,
     {"sealing", "at-rest", "inside", "lost"},
     {TO(1) | TO(2) | TO(3), TO(2) | TO(3), TO(1) | TO(3), TO(0)}},
};

static unsigned
find_state(const Machine *self, const char *name)
{
    for (unsigned i = 0; i < MACHINE_STATES && self->states[i]; i++) {
        if (strcmp(self->states[i], name) == 0)
            return i;
    }
    g_error("the machine %s has no state %s", self->name, name);
}

static void
enter(MachineCounts *counts, unsigned machine, unsigned to)
{
    const Machine *self = &machines[machine];
    unsigned char *state = &world->current->process->machines[machine];
    bool is_drawn = (self->arrows[*state] & TO(to)) != 0;

    if (*state != to || is_drawn)
        counts->arrows[machine][*state][to]++;
    if (*state != to && !is_drawn)
        world_fail("%s goes from %s to %s, which is not drawn", self->name, self->states[*state],
                   self->states[to]);
    *state = (unsigned char)to;
}

bool
machines_enter(MachineCounts *counts, const char *role, const char *name)
{
    for (unsigned i = 0; i < MACHINES; i++) {
        if (strcmp(machines[i].name, role) == 0) {
            enter(counts, i, find_state(&machines[i], name));
            return true;
        }
    }
    return false;
}

void
machines_note_death(MachineCounts *counts, const Process *who)
{
    for (unsigned i = 0; i < MACHINES; i++) {
        if (machines[i].role == who->role)
            counts->deaths[i][who->machines[i]]++;
    }
}

static void
print_count(const char *what, uint64_t count, bool is_wanted)
{
    if (count > 0)
        printf("%s %llu\n", what, (unsigned long long)count);
    else if (is_wanted)
        printf("never: %s\n", what);
}

static void
print_machine(const MachineCounts *counts, unsigned machine)
{
    const Machine *self = &machines[machine];
    char what[80];

    for (unsigned from = 0; from < MACHINE_STATES && self->states[from]; from++) {
        for (unsigned to = 0; to < MACHINE_STATES && self->states[to]; to++) {
            snprintf(what, sizeof what, "%s: %s -> %s", self->name, self->states[from],
                     self->states[to]);
            print_count(what, counts->arrows[machine][from][to],
                        (self->arrows[from] & TO(to)) != 0);
        }
        snprintf(what, sizeof what, "death: %s in %s:%s",
                 self->role == ROLE_AGENT ? "agent" : "freezer", self->name, self->states[from]);
        print_count(what, counts->deaths[machine][from], true);
    }
}

void
machines_print(const MachineCounts *counts)
{
    for (unsigned i = 0; i < MACHINES; i++)
        print_machine(counts, i);
}
