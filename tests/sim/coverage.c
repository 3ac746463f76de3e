/* SPDX-License-Identifier: MIT */
#include "coverage.h"

#include <stdio.h>
#include <string.h>

#include "ledger-data.h"
#include "points.h"
#include "schedule.h"
#include "transaction-state.h"

bool __wrap_frost_ledger_step(FrostLedgerFs *fs, FrostFsState from, FrostFsState to);
bool __real_frost_ledger_step(FrostLedgerFs *fs, FrostFsState from, FrostFsState to);

static const char *const fs_states[FROST_FS_STATES] = {
    "OPEN",   "FREEZING", "ABANDONED", "FROZEN", "FOREIGN", "UNSUPPORTED",
    "FAILED", "THAWING",  "THAWED",    "LOST",   "STUCK"};

/* A recovery lives when the points before it are passed already, or by nobody. */
#define RECOVERS ((unsigned)point_find("recovery", "starting"))

static Coverage *counts;
static int last_point;
static int transaction; /* the state of the newest agent's */

void
coverage_use(Coverage *shared)
{
    counts = shared;
}

void
coverage_agent_starts(void)
{
    transaction = FROST_STATE_THAWED;
}

/* Every arrow of a filesystem is taken here, and somebody else may take another one first. */
bool
__wrap_frost_ledger_step(FrostLedgerFs *fs, FrostFsState from, FrostFsState to)
{
    schedule_yield();
    if (!__real_frost_ledger_step(fs, from, to))
        return false;
    counts->filesystem[from][to]++;
    if (!frost_fs_state_may_become(from, to))
        world_fail("a filesystem goes from %s to %s, which is not drawn", fs_states[from],
                   fs_states[to]);
    return true;
}

static void
take_arrow(int to)
{
    FrostTransactionState from = (FrostTransactionState)transaction;

    if (transaction != to)
        counts->transaction[transaction][to]++;
    if (transaction != to && !frost_transaction_state_leads(from, (FrostTransactionState)to))
        world_fail("a transaction goes from %s to %s, which is not drawn", points[transaction].name,
                   points[to].name);
    transaction = to;
}

bool
coverage_point(const char *role, const char *name)
{
    if (machines_enter(&counts->machines, role, name))
        return false;
    int point = point_find(role, name);

    if (point < 0)
        return false;
    last_point = point;
    if (point < TRANSACTION_STATES && world->current && world->current->process == world->agent)
        take_arrow(point);
    return true;
}

bool
coverage_agent_is(const char *state)
{
    return strcmp(points[transaction].name, state) == 0;
}

void
coverage_death(const Process *who)
{
    counts->deaths[last_point][who->role]++;
    counts->deaths_in[transaction][who->role]++;
    machines_note_death(&counts->machines, who);
}

static void
print_arrow(const char *what, const char *from, const char *to, uint64_t count, bool is_drawn)
{
    if (count > 0)
        printf("%s: %s -> %s %llu\n", what, from, to, (unsigned long long)count);
    else if (is_drawn)
        printf("never: %s: %s -> %s\n", what, from, to);
}

static void
print_deaths(const Coverage *self, Role role, const char *name, unsigned first)
{
    for (unsigned i = first; i < POINT_COUNT; i++) {
        uint64_t deaths = self->deaths[i][role];

        if (deaths > 0)
            printf("death: %s after %s:%s %llu\n", name, points[i].role, points[i].name,
                   (unsigned long long)deaths);
        else
            printf("never: death: %s after %s:%s\n", name, points[i].role, points[i].name);
    }
}

static void
print_deaths_in_states(const Coverage *self, Role role, const char *name)
{
    for (unsigned i = 0; i < TRANSACTION_STATES; i++) {
        uint64_t deaths = self->deaths_in[i][role];

        if (deaths > 0)
            printf("death: %s in transaction:%s %llu\n", name, points[i].name,
                   (unsigned long long)deaths);
        else
            printf("never: death: %s in transaction:%s\n", name, points[i].name);
    }
}

void
coverage_print(const Coverage *self)
{
    for (unsigned from = 0; from < FROST_FS_STATES; from++) {
        for (unsigned to = 0; to < FROST_FS_STATES; to++)
            print_arrow("filesystem", fs_states[from], fs_states[to], self->filesystem[from][to],
                        frost_fs_state_may_become((FrostFsState)from, (FrostFsState)to));
    }
    for (unsigned from = 0; from < TRANSACTION_STATES; from++) {
        for (unsigned to = 0; to < TRANSACTION_STATES; to++)
            print_arrow("transaction", points[from].name, points[to].name,
                        self->transaction[from][to],
                        frost_transaction_state_leads((FrostTransactionState)from,
                                                      (FrostTransactionState)to));
    }
    machines_print(&self->machines);
    print_deaths(self, ROLE_AGENT, "agent", 0);
    print_deaths(self, ROLE_FREEZER, "freezer", 0);
    print_deaths(self, ROLE_RECOVERY, "recovery", RECOVERS);
    print_deaths_in_states(self, ROLE_AGENT, "agent");
    print_deaths_in_states(self, ROLE_FREEZER, "freezer");
    print_deaths_in_states(self, ROLE_RECOVERY, "recovery");
    print_deaths_in_states(self, ROLE_PARSER, "parser");
}
