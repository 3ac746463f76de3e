/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * time-limits.h - how long each part of a freeze may take
 */

#include <glib.h>
#include <stdint.h>

#include "sys.h"

/* As configured; seconds. */
typedef struct {
    unsigned sync_s;   /* one syncfs, in each round */
    unsigned freeze_s; /* from the first FIFREEZE until all are frozen */
    unsigned hold_s;   /* staying frozen; 0: for ever */
    unsigned stall_ms; /* milliseconds, no limit: what is still to be written is left to FIFREEZE
                          once it takes no longer */
} FrostLimits;

#define FROST_LIMITS_DEFAULT \
    ((FrostLimits){.sync_s = 300, .freeze_s = 60, .hold_s = 600, .stall_ms = 100})

/**
 * frost_limits_window_s:
 *
 * Where the kernel panics over a task that waits too long (K7), a freeze must be over before:
 * 0.8 of hung_task_timeout_secs, counted from the first FIFREEZE. 0: no such limit.
 */
unsigned frost_limits_window_s(FrostSys *sys);

/* The N of "fsfreeze is limited to N seconds": what hold and window allow together; 0: nothing
 * limits it. */
unsigned frost_limits_told_s(const FrostLimits *limits, unsigned window_s);
