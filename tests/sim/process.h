/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * process.h - simulated processes and their threads: how they begin, and how the kernel ends them
 */

#include "world.h"

/* @files: taken. */
Process *process_new(Role role, Process *parent, Files *files);
/* @main's first step is the scheduler's to choose. */
Thread *process_add_thread(Process *self, void *(*main)(void *user), void *user);
/* SIGKILL, or exit: its threads end now, those inside the kernel when that call returns. */
void process_end(Process *self, int status);
/* For the thread that runs: ends it. Does not return. */
_Noreturn void thread_end(void);
/* For the scheduler: its fiber has come to its end. */
void thread_bury(Thread *self);
/* For the thread that runs: its process is gone, or has become another program. */
bool thread_must_end(const Thread *self);
/* NULL: none that is not reaped. */
Process *process_find(int pid);
/* The kernel has it, dead or alive. */
bool thread_exists(int tid);
/* Other threads than @but are still there. */
bool process_has_other_threads(const Process *self, const Thread *but);
/* Ends all threads but @but that are outside the kernel. */
void process_end_other_threads(Process *self, const Thread *but);
bool process_is_alive(const Process *self);
/* An agent, freezer or recovery that lives: a thread that the kernel still has of a dead one knows
 * nothing, and an agent that came later has never had a ledger in memory. */
bool process_any_holds(const LedgerFile *ledger);
/* "agent 3" */
const char *process_name(const Process *self);
/* Who is there, and what each thread waits for; for people. */
void processes_print(void);
/* Forgets all of them. */
void processes_clear(void);
