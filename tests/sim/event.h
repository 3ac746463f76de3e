/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * event.h - one thing that goes wrong: what, and when
 */

#include "world.h"

/* Of a history. */
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
    EVENT_RESTORE,   /* the machine goes on from a saved state, and its agent learns of it */
    EVENT_KILL_HEIR, /* heir.h */
    EVENT_STOP_HEIR,
    EVENT_KILL_PERSON, /* in the middle of frost-ga thaw */
    EVENT_KILL_PARSER,
    EVENT_STOP_PARSER,
    EVENT_SLOW_PARSER,
    EVENT_LIE_PARSER, /* it says what no parser says */
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

const char *event_call_name(TroubleCall call);
/* In words, one line of a list. */
void event_print(const Event *self);
/* Does it. */
void event_happen(const Event *event);
/* All processes that are stopped. */
void event_continue_all(void);
