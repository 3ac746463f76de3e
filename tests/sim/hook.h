/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * hook.h - the hooks of the simulated machine: what is forked in their place, and what has run
 *
 * The engine that calls them, with its processes, outputs and limits, is the real one.
 */

#include "world.h"

#define HOOK_RUNS_MAX 64

/* The surroundings that the agent is told to give them. */
#define HOOK_UMASK 027
#define HOOK_OOM_SCORE_ADJ 77
#define HOOK_OPEN_FILES 4321

/* One side that was called. */
typedef struct {
    char name[24];
    bool is_thaw;
    bool is_hold;
    bool began; /* it was let go */
    bool ended;
    bool cut_off;   /* by the death of the agent that called it, or by a TERM that was not ours */
    int64_t freeze; /* of which freeze: when that began */
    Process *process;
    Process *caller;
} HookRun;

typedef enum {
    HOOK_WELL,
    HOOK_FAILS,
    HOOK_HANGS, /* ended by TERM */
    HOOK_DEAF,  /* by KILL only */
    HOOK_DIES,  /* by itself, a while after READY */
    HOOK_MANNERS,
} HookManner;

struct Hooks {
    unsigned count;     /* of hooks: 0 to 2 */
    bool holds;         /* the second is one process */
    bool required;      /* the first */
    HookManner next[2]; /* of freeze, of thaw: of the next that is called */
    unsigned run_count;
    HookRun runs[HOOK_RUNS_MAX];
};

Hooks *hooks_sim_new(void);
void hooks_sim_free(Hooks *self);
void hook_take_signal(Process *process, int number);
/* TERM from the service manager: to all that run. */
void hooks_sim_terminate(void);
/* KILL, from whoever has no memory left: to the newest that runs. */
void hooks_sim_kill(void);
/* An agent or a recovery is dead: what it was undoing was cut off. */
void hooks_sim_note_death(const Process *caller);
