/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * child-start.h - forks, and runs a program in the child
 *
 * The child leads a session of its own, with the settings of a service (child-setting.h).
 */

#include <stdbool.h>
#include <sys/types.h>

#include "child-setting.h"

/* Both ends of a pipe, owned; -1: not open. To be initialised with FROST_CHILD_PIPE. */
typedef struct {
    int ours;
    int theirs;
} FrostChildPipe;

#define FROST_CHILD_PIPE \
    {                    \
        -1, -1           \
    }

/* @child_reads: which end is the child's. False, with errno set: nothing is open. */
bool frost_child_pipe_open(FrostChildPipe *self, bool child_reads);
/* Closes the ends that are open; keeps errno. */
void frost_child_pipe_close(FrostChildPipe *self);

typedef struct {
    const char *path;        /* looked up as by execvp, in the PATH of env if there is one */
    const char *const *argv; /* NULL-terminated */
    const char *const *env;  /* (nullable): its whole environment; NULL: ours */
    const FrostChildSetting *setting; /* (nullable: the usual one) */
    bool deaf;                        /* it starts with SIGTERM ignored */
    int in;                           /* its standard streams, borrowed; -1: /dev/null */
    int out;
    int err;
    bool waits; /* it waits for a byte through its gate before it runs the program; if the gate is
                   closed instead, it exits */
} FrostChildStart;

/**
 * frost_child_start:
 * @out_gate: our end of a socket pair. If the child cannot run the program, its errno comes through
 *   it; if it runs the program, the gate only ends
 *
 * Returns the pid, or -1 with errno set; then there is no gate.
 */
pid_t frost_child_start(const FrostChildStart *start, int *out_gate);
/* The errno that has come through @gate; 0: none so far. Does not block. */
int frost_child_exec_errno(int gate);
