/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * process-child.h - the fork, and what the child does until it is another program
 */

#include <glib.h>
#include <sys/types.h>

#include "process.h"

/* Our ends. */
typedef struct {
    int gate;   /* one byte lets the child go; it answers with errno if it cannot */
    int output; /* its standard output and error */
    int input;  /* of a holder, else -1 */
} FrostProcessEnds;

/* -1 with @error, and nothing is left open. */
pid_t frost_process_fork(const FrostProcessSpec *spec, FrostProcessEnds *out_ends, GError **error);
