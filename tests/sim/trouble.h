/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * trouble.h - what goes wrong in a history: a list that its seed decides, and that can be shortened
 *
 * Each event has its own time: a step of the scheduler, a time on the clock, or the moment at which
 * the code under test comes to one of its stop points for the Nth time.
 */

#include "world.h"

#define EVENTS_MAX 8

/* Calls that may be refused. */
typedef enum {
    TROUBLE_FORK,
    TROUBLE_EXEC,
    TROUBLE_SOCKET,
    TROUBLE_THREAD,
    TROUBLE_MAP,
    TROUBLE_EVENT, /* eventfd, timerfd, signalfd */
    TROUBLE_PIDFD,
    TROUBLE_OPEN,
    TROUBLE_OPEN_MOUNT,
    TROUBLE_ROOM, /* fallocate */
    TROUBLE_SEND,
    TROUBLE_UNSHARE,
    TROUBLE_CALLS,
} TroubleCall;

typedef enum {
    EVENT_KILL_AGENT,
    EVENT_KILL_FREEZER,
    EVENT_KILL_BOTH,
    EVENT_STOP_AGENT,
    EVENT_STOP_FREEZER,
    EVENT_CONTINUE,
    EVENT_TERM_AGENT,
    EVENT_TERM_FREEZER,
    EVENT_OPERATOR, /* frost-ga thaw */
    EVENT_TERM_ALL, /* the service manager stops the unit */
    EVENT_START_AGENT,
    EVENT_LOSE_PORT,
    EVENT_STICK, /* calls of this kind on this disk stay in the kernel */
    EVENT_LET_GO,
    EVENT_FAIL,   /* calls of this kind on this disk fail */
    EVENT_REFUSE, /* system calls of this kind */
    EVENT_FOREIGN_FREEZE,
    EVENT_FOREIGN_THAW,
    EVENT_UNMOUNT,
    EVENT_SLEEP,     /* the guest is suspended for hours */
    EVENT_HOOK,      /* the next one misbehaves */
    EVENT_KILL_HOOK, /* the one that runs */
    EVENT_KINDS,
} EventKind;

typedef struct {
    EventKind kind;
    int point; /* of the table; -1: it has another time */
    unsigned nth;
    uint64_t step; /* 0: it has another time */
    int64_t at_us; /* 0: it has another time */
    unsigned disk;
    unsigned call; /* FakeCall or TroubleCall, or which side of a hook */
    int error;     /* errno, or a manner of hooks */
    unsigned times;
    bool is_due;
    bool is_over;
} Event;

struct Trouble {
    unsigned count;
    Event events[EVENTS_MAX];
    unsigned due;
    uint64_t next_step;
    unsigned refused[TROUBLE_CALLS]; /* so many of the next ones */
    int why[TROUBLE_CALLS];
    unsigned forks; /* that were or will be refused: a hook that cannot be undone is given up */
};

/* @mask: the events of the seed that do happen. */
Trouble *trouble_new(uint32_t mask);
void trouble_free(Trouble *self);
void trouble_print(const Trouble *self);

/* An errno, or 0. */
int trouble_refuses(TroubleCall call);
/* False: nobody else may go first there. */
bool trouble_pass_point(const char *role, const char *name);
/* Something happens before who runs may go on. */
bool trouble_is_near(void);
void trouble_strike(void);
/* -1: nothing more on the clock. */
int64_t trouble_next_us(void);
/* No more of it, and what hangs is let go. */
void trouble_end(void);
