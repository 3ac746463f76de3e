/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * machines.h - the state machines that each process has for itself: which arrows are taken, and in
 * which states processes die
 *
 * The code under test names each state that it enters by a stop point. An arrow that is not drawn
 * is a broken promise.
 */

#include "world.h"

#define MACHINE_STATES 5

typedef struct {
    uint64_t arrows[MACHINES][MACHINE_STATES][MACHINE_STATES];
    uint64_t deaths[MACHINES][MACHINE_STATES];
} MachineCounts;

/* False: @role is no machine. */
bool machines_enter(MachineCounts *counts, const char *role, const char *name);
void machines_note_death(MachineCounts *counts, const Process *who);
/* As coverage_print(). */
void machines_print(const MachineCounts *counts);
