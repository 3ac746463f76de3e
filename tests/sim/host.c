/* SPDX-License-Identifier: MIT */
#include "host.h"

#include <stdio.h>
#include <stdlib.h>

#include "agent.h"
#include "examiner.h"
#include "files.h"
#include "oracle.h"
#include "process.h"
#include "schedule.h"

static const char *const ask_names[] = {"status", "freeze", "thaw"};

Question *
host_take_question(void)
{
    Host *self = world->host;

    while (self->next < self->count) {
        Question *question = &self->questions[self->next++];

        if (question->lost)
            continue;
        question->taken = true;
        question->taken_us = world_boottime_us();
        oracle_note_taken(question);
        return question;
    }
    return NULL;
}

bool
host_asks_thaw(void)
{
    const Host *self = world->host;

    for (unsigned i = self->next; i < self->count; i++) {
        if (self->questions[i].ask == ASK_THAW && !self->questions[i].lost)
            return true;
    }
    return false;
}

bool
host_is_absent(void)
{
    const Host *self = world->host;

    return self->count > 0 && self->questions[self->count - 1].gone;
}

static void
skip_answered(void)
{
    Host *self = world->host;

    while (self->first_unanswered < self->count &&
           (self->questions[self->first_unanswered].answered ||
            self->questions[self->first_unanswered].lost))
        self->first_unanswered++;
}

void
host_answer(Question *question, unsigned count, bool frozen, const char *error)
{
    question->count = count;
    question->failed = error != NULL;
    snprintf(question->error, sizeof question->error, "%s", error ? error : "");
    question->answered = true;
    skip_answered();
    world_tell("%s is answered %s%u%s%s", ask_names[question->ask], error ? "with an error: " : "",
               count, error ? " " : "", question->error);
    oracle_note_answer(question);
    schedule_wake(WAIT_TIME, question, 1);
}

void
host_note_death(void)
{
    Host *self = world->host;

    for (unsigned i = 0; i < self->count; i++) {
        Question *question = &self->questions[i];

        if (!question->answered && !question->lost) {
            question->lost = true;
            schedule_wake(WAIT_TIME, question, 1);
        }
    }
    self->next = self->count;
}

static Question *
ask(Ask what, int64_t limit_s)
{
    Host *self = world->host;

    if (self->count == QUESTIONS_MAX)
        abort();
    Question *question = &self->questions[self->count++];
    *question = (Question){.ask = what, .asked_us = world->now_us};
    world_tell("host asks %s", ask_names[what]);
    agent_ring();
    int64_t until_us = world->now_us + limit_s * SECOND_US;
    /* Nobody tells a client that the agent has died: it waits. */
    while (!question->answered && world->now_us < until_us)
        schedule_wait(WAIT_TIME, question, until_us);
    question->gone = !question->answered;
    question->gone_us = world->now_us;
    agent_ring(); /* it leaves */
    if (question->gone)
        world_tell("host waits for %s no longer", ask_names[what]);
    return question;
}

Question *
host_ask(Ask what, int64_t limit_s)
{
    return ask(what, limit_s);
}

void
host_pause(int64_t us)
{
    schedule_wait(WAIT_TIME, NULL, world->now_us + us);
}

static bool
is_good(const Question *question)
{
    return question->answered && !question->failed;
}

/* Mostly short. */
static void
do_the_backup(void)
{
    int64_t us = 50000 + dice_below(&world->machine, 2 * SECOND_US);

    host_pause(dice_percent(&world->machine, 15) ? us * 500 : us);
}

static void
be_proxmox(void)
{
    const Question *status = ask(ASK_STATUS, 5);

    if (is_good(status) && status->count) {
        world_tell("host finds it frozen, and neither freezes nor thaws");
        do_the_backup();
        return;
    }
    const Question *freeze = ask(ASK_FREEZE, 600);
    for (unsigned i = 0; !freeze->answered && i < 5; i++) {
        if (ask(ASK_STATUS, 600)->answered)
            break;
    }
    do_the_backup();
    ask(ASK_THAW, 180);
}

static void
be_libvirt(void)
{
    const Question *freeze = ask(ASK_FREEZE, 3600);

    if (!is_good(freeze) || freeze->count == 0)
        return;
    do_the_backup();
    ask(ASK_THAW, 3600);
}

static void
be_kubevirt(void)
{
    const Question *status = ask(ASK_STATUS, 5);

    if (!is_good(status))
        return;
    if (!status->count)
        ask(ASK_FREEZE, 60);
    do_the_backup();
    status = ask(ASK_STATUS, 5);
    if (!is_good(status) || status->count)
        ask(ASK_THAW, 20);
}

static void
ask_anything(void)
{
    static const Ask asks[] = {ASK_STATUS, ASK_FREEZE, ASK_THAW, ASK_THAW, ASK_FREEZE};
    unsigned count = 1 + dice_below(&world->machine, 6);

    for (unsigned i = 0; i < count; i++) {
        ask(asks[dice_below(&world->machine, 5)], dice_percent(&world->machine, 30) ? 1 : 100);
        if (dice_percent(&world->machine, 50))
            do_the_backup();
    }
}

static void *
run_host(void *user)
{
    static void (*const clients[])(void) = {be_proxmox, be_libvirt, be_kubevirt, ask_anything};
    unsigned visits = 1 + dice_below(&world->machine, 2);

    for (unsigned i = 0; i < visits; i++)
        clients[dice_below(&world->machine, 4)]();
    examiner_examine();
    world->host->is_done = true;
    return NULL;
}

Host *
host_new(void)
{
    Host *self = calloc(1, sizeof *self);

    world->outside = process_new(ROLE_HOST, NULL, files_new());
    process_add_thread(world->outside, run_host, NULL);
    return self;
}

void
host_free(Host *self)
{
    free(self);
}
