/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * points.h - the stop points of the code under test (agent/stop), and some of the simulation
 */

#define POINT_COUNT 32
/* The first ones are the states of a transaction, in their order (transaction-state.h). */
#define TRANSACTION_STATES 14

typedef struct {
    const char *role;
    const char *name;
} Point;

extern const Point points[POINT_COUNT];

/* -1: there is none of this name. */
int point_find(const char *role, const char *name);
