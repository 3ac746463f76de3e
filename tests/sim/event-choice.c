/* SPDX-License-Identifier: MIT */
#include "event-choice.h"

#include <errno.h>

#include "disks.h"
#include "fake-sys.h"
#include "hook.h"
#include "points.h"

static const int disk_errors[] = {EIO, EBUSY, EOPNOTSUPP, ENOSPC, EPERM};

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
    } else if (self->kind == EVENT_SLOW_PARSER) {
        self->error = 1 + (int)dice_below(dice, dice_percent(dice, 50) ? 2500 : 8000);
    } else {
        self->call = dice_below(dice, TROUBLE_CALLS);
    }
}

/* Who undoes for an agent that is dead dies too, or is stopped. */
static void
choose_second_death(Event *self, Dice *dice)
{
    static const char *const places[][2] = {{"recovery", "starting"},
                                            {"hook", "thaw"},
                                            {"recovery", "leaving"},
                                            {"freezer", "leaving"}};
    static const EventKind kinds[] = {EVENT_KILL_FREEZER, EVENT_KILL_FREEZER, EVENT_KILL_FREEZER,
                                      EVENT_STOP_FREEZER, EVENT_STOP_HEIR,    EVENT_KILL_HEIR};
    const char *const *place = places[dice_below(dice, 4)];

    *self = (Event){
        .kind = kinds[dice_below(dice, 6)], .point = point_find(place[0], place[1]), .nth = 1};
}

/* While it reads or answers; and what is to take its place cannot start. */
static void
choose_for_parser(Event *self, Dice *dice)
{
    static const EventKind kinds[] = {EVENT_KILL_PARSER, EVENT_KILL_PARSER, EVENT_STOP_PARSER,
                                      EVENT_SLOW_PARSER, EVENT_LIE_PARSER,  EVENT_REFUSE};
    static const TroubleCall calls[] = {TROUBLE_FORK, TROUBLE_EXEC, TROUBLE_SOCKET, TROUBLE_SEND,
                                        TROUBLE_PIDFD};

    self->kind = kinds[dice_below(dice, 6)];
    choose_time(self, dice);
    choose_what(self, dice);
    if (self->point >= 0)
        self->point = point_find("parser", dice_percent(dice, 50) ? "reading" : "answering");
    if (self->point >= 0)
        self->nth = 1 + dice_below(dice, 8);
    if (self->kind == EVENT_REFUSE)
        self->call = calls[dice_below(dice, 5)];
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
    static const EventKind comers[] = {EVENT_START_AGENT, EVENT_START_AGENT, EVENT_START_AGENT,
                                       EVENT_START_AGENT, EVENT_CONTINUE,    EVENT_OPERATOR};
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
    events[2] = (Event){.kind = comers[dice_below(dice, 6)],
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

/* The disk that the most others stand on, though nobody can see it; -1: there is none. */
static int
find_hidden_base(void)
{
    const Disks *disks = world->disks;
    unsigned above[DISKS_MAX] = {0};
    int base = -1;

    for (unsigned i = 0; i < disks->count; i++) {
        int lower = disks->disk[i].unseen;

        if (lower < 0)
            continue;
        above[lower]++;
        if (base < 0 || above[lower] > above[base])
            base = lower;
    }
    return base;
}

/* FITHAW of the disk that others wait for fails, where there are fewer threads than disks. How
 * many. */
static unsigned
choose_refused_thaw(Event *events, Dice *dice)
{
    int base = world->threads_max < THREADS_MAX ? find_hidden_base() : -1;

    if (base < 0 || !dice_percent(dice, 30))
        return 0;
    events[0] = (Event){.kind = EVENT_FAIL,
                        .point = point_find("agent", "frozen"),
                        .nth = 1,
                        .disk = (unsigned)base,
                        .call = FAKE_THAW,
                        .error = EIO,
                        .times = 2 + dice_below(dice, 3)};
    return 1;
}

unsigned
events_choose(Event *events)
{
    Dice dice = {world->seed * 3 + 1};
    unsigned count = dice_below(&dice, EVENTS_MAX + 1);
    unsigned first = count >= 3 && dice_percent(&dice, 25) ? choose_theme(events, count, &dice)
                     : count >= 1                          ? choose_refused_thaw(events, &dice)
                                                           : 0;
    bool is_for_parser = dice_percent(&dice, 25);
    for (unsigned i = first; i < count; i++) {
        if (is_for_parser && dice_percent(&dice, 60))
            choose_for_parser(&events[i], &dice);
        else if (i > 0 && events[i - 1].kind == EVENT_KILL_AGENT && dice_percent(&dice, 20))
            choose_second_death(&events[i], &dice);
        else
            choose(&events[i], &dice);
    }
    return count;
}
