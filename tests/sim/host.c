/* SPDX-License-Identifier: MIT */
#include "host.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent.h"
#include "examiner.h"
#include "files.h"
#include "oracle.h"
#include "process.h"
#include "schedule.h"

static const char *const ask_names[] = {"status", "freeze", "thaw"};

static bool
is_read(const Question *self)
{
    return self->lost || self->read == self->length;
}

size_t
host_read(char *out, size_t size, unsigned *out_visit, bool *out_is_part)
{
    Host *self = world->host;
    size_t length = 0;

    *out_is_part = false;
    while (self->unread < self->count && is_read(&self->questions[self->unread]))
        self->unread++;
    for (unsigned i = self->unread; i < self->count && !*out_is_part; i++) {
        Question *question = &self->questions[i];
        unsigned more = question->sent - question->read;

        if (question->lost)
            continue;
        if (length == 0)
            *out_visit = question->visit;
        if (question->visit != *out_visit || length + more > size)
            break;
        memcpy(out + length, question->text + question->read, more);
        length += more;
        question->read = question->sent;
        *out_is_part = !is_read(question);
    }
    return length;
}

void
host_note_told(unsigned number, const char *name)
{
    Host *self = world->host;
    Question *question = &self->questions[number];

    if (number >= self->count || question->told || question->lost ||
        strcmp(name, ask_names[question->ask]) != 0)
        world_fail("a parcel is of no question that is asked now");
    else
        question->told = true;
}

Question *
host_take_question(void)
{
    Host *self = world->host;

    while (self->next < self->count) {
        Question *question = &self->questions[self->next];

        if (!question->told && !question->lost)
            return NULL;
        self->next++;
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
        const Question *question = &self->questions[i];

        if (question->ask == ASK_THAW && question->told && !question->lost)
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

/* Nobody hears it. */
static void
answer_forgotten(const Question *question, unsigned count, const char *error)
{
    Question unheard = *question;

    unheard.count = count;
    unheard.failed = error != NULL;
    snprintf(unheard.error, sizeof unheard.error, "%s", error ? error : "");
    world_tell("nobody hears the answer to %s: %u %s", ask_names[question->ask], count,
               unheard.error);
    oracle_note_answer(&unheard);
}

void
host_answer(Question *question, unsigned count, bool frozen, const char *error)
{
    if (question->forgotten) {
        answer_forgotten(question, count, error);
        return;
    }
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
    self->next = self->unread = self->count;
}

void
host_dismiss(const char *error)
{
    Host *self = world->host;
    Question *last = self->count > 0 ? &self->questions[self->count - 1] : NULL;

    world_tell("the agent parts from its client: %s", error);
    self->is_at_port = false;
    for (unsigned i = self->first_unanswered; i < self->count; i++) {
        Question *question = &self->questions[i];

        question->lost |= !question->answered && !question->told;
    }
    if (!last || last->answered || last->gone)
        return;
    last->answered = last->failed = last->gone = true;
    last->forgotten = last->told;
    last->gone_us = world->now_us;
    snprintf(last->error, sizeof last->error, "%s", error);
    skip_answered();
    schedule_wake(WAIT_TIME, last, 1);
}

static Question *
add(Ask what)
{
    Host *self = world->host;

    if (self->count == QUESTIONS_MAX)
        abort();
    Question *question = &self->questions[self->count];
    *question = (Question){.ask = what, .visit = self->visits, .asked_us = world->now_us};
    question->length =
        (unsigned)snprintf(question->text, sizeof question->text, "{\"execute\":\"%s\",\"id\":%u}",
                           ask_names[what], self->count);
    self->count++;
    return question;
}

static void
come_to_port(void)
{
    Host *self = world->host;

    self->visits += !self->is_at_port;
    self->is_at_port = true;
}

/* False: its client leaves before it has sent all. */
static bool
send_in_two_parts(Question *question)
{
    question->sent = 1 + dice_below(&world->machine, question->length - 1);
    agent_ring();
    schedule_wait(WAIT_TIME, question,
                  world->now_us + 1 + dice_below(&world->machine, 2 * SECOND_US));
    return question->answered || question->lost || dice_percent(&world->machine, 80);
}

/* Whoever asks for more at once does not wait for each answer. */
static Question *
put(Ask what)
{
    bool is_trouble = !world->is_settling;
    Question *before = is_trouble && dice_percent(&world->machine, 15) ? add(ASK_STATUS) : NULL;
    Question *question = add(what);

    if (before)
        before->sent = before->length;
    if (is_trouble && dice_percent(&world->machine, 15))
        question->lost |= !send_in_two_parts(question);
    if (!question->lost && !question->answered)
        question->sent = question->length;
    return question;
}

static void
wait_for_answer(Question *question, int64_t limit_s)
{
    int64_t until_us = world->now_us + limit_s * SECOND_US;

    /* Nobody tells a client that the agent has died: it waits. */
    while (!question->answered && world->now_us < until_us)
        schedule_wait(WAIT_TIME, question, until_us);
}

static Question *
ask(Ask what, int64_t limit_s)
{
    come_to_port();
    world_tell("host asks %s", ask_names[what]);
    Question *question = put(what);
    agent_ring();
    if (question->sent == question->length)
        wait_for_answer(question, limit_s);
    if (!question->answered) {
        question->gone = true;
        question->gone_us = world->now_us;
        world->host->is_at_port = false;
        world_tell("host waits for %s no longer", ask_names[what]);
    }
    agent_ring(); /* it leaves */
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
    Host *self = malloc(sizeof *self);

    if (!self)
        abort();
    memset(self, 0, offsetof(Host, questions)); /* each is written when it is asked */
    world->outside = process_new(ROLE_HOST, NULL, files_new());
    process_add_thread(world->outside, run_host, NULL);
    return self;
}

void
host_free(Host *self)
{
    free(self);
}
