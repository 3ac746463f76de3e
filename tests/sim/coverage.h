/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * coverage.h - which arrows of the state diagrams the histories have taken, and where they died
 *
 * An arrow that is not drawn is a broken promise.
 */

#include "machines.h"

/* All counts of all histories; in memory that the simulator's processes share. */
typedef struct {
    uint64_t filesystem[16][16];
    uint64_t transaction[16][16];
    uint64_t deaths[32][ROLE_COUNT]; /* by the last stop point that anybody has passed, of whom */
    uint64_t deaths_in[16][ROLE_COUNT]; /* by the state of the newest agent's transaction */
    MachineCounts machines;
} Coverage;

void coverage_use(Coverage *counts);
/* A stop point was passed; those of the agent are the states of its transaction. False: it is a
 * state of a machine (machines.h) only, or not of the table. */
bool coverage_point(const char *role, const char *name);
void coverage_agent_starts(void);
/* The state of its transaction, by name. */
bool coverage_agent_is(const char *state);
void coverage_death(const Process *who);
/* What was reached, and "never: ..." of what was not. */
void coverage_print(const Coverage *counts);
