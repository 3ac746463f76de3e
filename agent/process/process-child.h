/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * process-child.h - forks the child of a FrostProcess, with its pipes
 */

#include <glib.h>
#include <sys/types.h>

#include "process.h"

/* Our ends of the child's pipes. */
typedef struct {
    int gate;   /* a byte lets the child run the program; its errno comes back if it cannot */
    int output; /* its standard output and error */
    int input;  /* its standard input if it has a ready_line (process.h), else -1 */
} FrostProcessEnds;

/* The pid; or -1 with @error, and nothing is left open. */
pid_t frost_process_fork(const FrostProcessSpec *spec, FrostProcessEnds *out_ends, GError **error);
