/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * fiber.h - one thread of the simulation: a stack that runs until it gives way
 *
 * All fibers and their scheduler share one thread of the machine. Stacks are pooled: a fiber that
 * is dropped in the middle of a call never goes on, and its stack serves the next one.
 */

#include <stdbool.h>

typedef struct Fiber Fiber;

/* @main begins when the fiber is first entered. */
Fiber *fiber_new(void (*main)(void *user), void *user);
/* For the scheduler: runs it until it leaves or ends. */
void fiber_enter(Fiber *self);
/* For the fiber that runs: back to the scheduler, until it is entered again. */
void fiber_leave(void);
bool fiber_has_ended(const Fiber *self);
/* Not from its own stack. */
void fiber_drop(Fiber *self);

/*
 * A fork: the child runs first, on the stack of its parent, until fiber_join() puts the parent back
 * to where it forked. True for the child, then false for the parent.
 */
bool fiber_fork(void);
/* For the child: ends here. */
_Noreturn void fiber_join(void);
