/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * schedule.h - which thread goes on, and what time it is then
 */

#include "world.h"

/* For the thread that runs. */

/* A place at which others may go first. */
void schedule_yield(void);
/* Until what it waits for has come, or CLOCK_MONOTONIC is @until_us (-1: never). */
void schedule_wait(Wait wait, const void *on, int64_t until_us);
_Noreturn void schedule_leave_for_ever(void);

/* For whoever runs the history. False: nothing can ever happen any more. */
bool schedule_step(void);
/* Threads in @wait on @on: at most @most go on. */
void schedule_wake(Wait wait, const void *on, unsigned most);
