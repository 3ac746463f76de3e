/* SPDX-License-Identifier: MIT */
#include "examiner.h"

#include <signal.h>
#include <string.h>

#include "agent.h"
#include "disks.h"
#include "host.h"
#include "oracle.h"
#include "port.h"
#include "process.h"
#include "trouble.h"

/* What may be under way: a sync, a freeze and a hold at their limits, hooks at theirs. */
#define LONGEST_S 1500
#define TRIES 12

static void
have_an_agent(void)
{
    if (!process_is_alive(world->agent)) {
        host_note_death();
        agent_start();
    }
}

static Question *
must_answer(Ask what)
{
    Question *question;

    /* One that is just leaving may not hear it. */
    for (unsigned i = 0; i < 3; i++) {
        have_an_agent();
        question = host_ask(what, LONGEST_S);
        if (question->answered || process_is_alive(world->agent))
            break;
    }
    if (!question->answered)
        world_fail("the agent does not answer");
    return question;
}

/* As a host would that wants its guest back. */
static void
thaw(void)
{
    for (unsigned i = 0; i < TRIES && !world_has_failed(); i++) {
        const Question *status = must_answer(ASK_STATUS);

        bool is_told = !status->failed; /* else no parser could be started, and it is asked again */
        if (is_told && !status->count && disks_count_ours() == 0 && !disks_any_on_its_way())
            return;
        if (!is_told || status->count || i % 2 == 1)
            must_answer(ASK_THAW);
        host_pause((i < 6 ? 5 : 60) * SECOND_US);
    }
    if (!world_has_failed())
        world_fail("%s", disks_count_ours() > 0 && world->oracle->ledger_lost
                             ? "what was in a ledger that could not be read stays frozen"
                         : world->oracle->out_of_reach ? "what was out of reach once stays frozen"
                         : disks_count_ours() > 0      ? "something stays frozen"
                                                  : "the status stays frozen, though nothing is");
}

/* The queues must be as before already now: the next freeze would put them back, too. It is left to
 * that only if the process that puts them back could not be started. */
static void
look_at_queues(void)
{
    host_pause(5 * SECOND_US);
    if (world->trouble->forks == 0)
        oracle_look_at_queues();
}

/* All is as if nothing had happened. */
static void
freeze_once_more(void)
{
    const Question *freeze = NULL;

    for (unsigned i = 0; i < TRIES && !world_has_failed(); i++) {
        freeze = must_answer(ASK_FREEZE);
        if (!freeze->failed)
            break;
        if (strstr(freeze->error, "took longer than"))
            world_fail("an undisturbed freeze: %s", freeze->error);
        host_pause(20 * SECOND_US);
    }
    if (world_has_failed())
        return;
    if (freeze->failed) {
        world_fail("no freeze succeeds any more: %s", freeze->error);
        return;
    }
    unsigned count = freeze->count;
    const Question *end = must_answer(ASK_THAW);
    if (!world_has_failed() && (end->failed || end->count != count))
        world_fail("an undisturbed freeze of %u is thawed with %u: %s", count, end->count,
                   end->error);
}

/* One that could not be started is tried again when something comes. */
static void
look_at_parser(void)
{
    host_pause(11 * SECOND_US);
    const Question *status = must_answer(ASK_STATUS);
    if (!world_has_failed() && status->failed)
        world_fail("an undisturbed status: %s", status->error);
    oracle_look_at_parser();
}

static void
dismiss_agent(void)
{
    Process *agent = world->agent;

    unsigned wanted = port_is_parsed_away() ? 5 : 3; /* the parser's link, and its pidfd */
    if (agent_descriptors() > wanted)
        host_pause(70 * SECOND_US); /* what a hook left open */
    if (agent_descriptors() > wanted)
        world_fail("the idle agent has %u descriptors open instead of %u", agent_descriptors(),
                   wanted);
    agent->term_is_pending = true;
    host_pause(2 * SECOND_US);
    if (process_is_alive(agent))
        host_pause(200 * SECOND_US);
    if (process_is_alive(agent))
        world_fail("the agent does not end");
}

/* A person waits so long for a freezer that has other things to do. */
static void
wait_for_person(void)
{
    for (unsigned i = 0; i < world->process_count; i++) {
        if (world->processes[i]->role == ROLE_PERSON && process_is_alive(world->processes[i]))
            host_pause(61 * SECOND_US);
    }
}

static void
look_for_processes(void)
{
    wait_for_person();
    for (unsigned i = 0; i < world->process_count; i++) {
        const Process *process = world->processes[i];

        if (process->role != ROLE_HOST && !process->zombie)
            world_fail("%s is left behind", process_name(process));
    }
}

void
examiner_examine(void)
{
    world_tell("from here on nothing goes wrong");
    world->is_settling = true;
    trouble_end();
    thaw();
    if (!world_has_failed())
        look_at_queues();
    if (!world_has_failed())
        freeze_once_more();
    if (!world_has_failed())
        look_at_parser();
    if (!world_has_failed())
        dismiss_agent();
    if (!world_has_failed())
        look_for_processes();
    if (!world_has_failed())
        oracle_look_back();
}
