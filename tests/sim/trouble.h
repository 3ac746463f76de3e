/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * trouble.h - what goes wrong in a history: a list that its seed decides, and that can be shortened
 *
 * Each event has its own time: a step of the scheduler, a time on the clock, or the moment at which
 * the code under test comes to one of its stop points for the Nth time.
 */

#include "event.h"

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
