/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * oracle.h - what is promised, asked at every step
 */

#include "hook.h"
#include "host.h"
#include "world.h"

struct Oracle {
    bool believed;    /* the host was told that a freeze holds, and nothing else since */
    bool broken;      /* it does not hold any more, and the host has not asked for its end */
    unsigned held;    /* disks that were ours at the last look */
    bool was_at_it;   /* something of ours was frozen, or on its way */
    int64_t asked_us; /* CLOCK_BOOTTIME: when the last freeze was asked for */
    int64_t ended_us; /* CLOCK_BOOTTIME: nothing of ours is frozen since, or on its way */
    int64_t ours_us;  /* when something of ours was last held, or on its way */
    int64_t freezer_stopped_us; /* when one was last so */
    int64_t freeze_answered_us; /* when the last answer to a freeze came */
    int64_t upset_us;           /* when an agent was last unable to learn of it */
    bool is_hindered;  /* something failed, or was refused or stopped: a thaw may miss something */
    bool is_refused;   /* the same, but nobody was stopped beside the agent */
    bool shares_table; /* threads of a freezer: one that is dead, in the kernel, keeps the lock */
    int64_t told_us;   /* when a freezer was told by a signal to thaw; 0: it has, or was not */
    int64_t died_us;   /* when the last agent was killed */
    bool has_killed;   /* anybody */
    bool is_disturbed; /* somebody was killed, stopped, late or refused something */
    bool foreign_thawed;       /* what we held */
    bool thaw_refused;         /* by the kernel, for another reason than that it was thawed */
    bool open_hung;            /* below a server that did not answer */
    bool out_of_reach;         /* a mount point could not be opened at some time */
    bool ledger_lost;          /* both processes died with a ledger in memory */
    unsigned parser_hurts;     /* each may cost a client what it has asked */
    int64_t parser_trouble_us; /* when one was last hurt, or could not be started */
    bool stuck;                /* something could not be thawed at once: hooks do not wait for it */
};

Oracle *oracle_new(void);
void oracle_free(Oracle *self);

void oracle_note_freeze(int r);
void oracle_note_thaw(int r);
void oracle_note_foreign_thaw(void);
/* The agent writes to its log again, and dumps core. */
void oracle_note_log_released(void);
/* The agent begins a freeze. */
void oracle_note_planning(void);
/* A parser was hurt while it had something, or so that it does not answer. */
void oracle_note_parser_hurt(void);
/* One was hurt, or could not be started. */
void oracle_note_parser_trouble(void);
/* What a client has asked is lost, and it is told so. */
void oracle_note_parser_loss(const char *error);
/* An agent starts one. */
void oracle_note_parser_start(const Process *parser);
/* At the end: whoever was lost was replaced, and is gone. */
void oracle_look_at_parser(void);
/* The agent is about to freeze. */
void oracle_note_freezing(void);
void oracle_note_hook(const HookRun *run);
void oracle_note_taken(const Question *question);
void oracle_note_answer(const Question *question);
/* Time has passed; until now all was as after the last step. */
void oracle_note_time(void);
/* After each step. */
void oracle_look(void);
/* When all is over. */
/* Queues of disks are as before, unless the note of what they were is lost. */
void oracle_look_at_queues(void);
void oracle_look_back(void);
