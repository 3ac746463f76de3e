/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * kill-timer.h - ends a process group when its time is over: SIGTERM, then SIGKILL
 *
 *   STOPPED -- start --> RUNNING -- time over, or end --> TERMINATED -- 2 s --> KILLED
 *                                                         KILLED -- 2 s --> UNKILLABLE
 *
 * TERMINATED: the group was sent SIGTERM; KILLED: SIGKILL. SIGKILL does not end a process inside an
 * uninterruptible call; so in the last state unkillable() is called, and the owner stops waiting.
 * The owner stops the timer when the process has ended.
 */

#include <glib.h>
#include <stdbool.h>
#include <sys/types.h>

/* Part of another struct. */
typedef struct {
    GMainContext *context;
    pid_t group;    /* the leader's pid, which must not have been reused; 0: no process */
    bool timed_out; /* the time was over before the process had ended */
    void (*unkillable)(void *user);
    void *user;
    GSource *clock; /* NULL: STOPPED, or UNKILLABLE */
} FrostKillTimer;

/* Starts the timer, or starts it again. */
void frost_kill_timer_start(FrostKillTimer *self, unsigned timeout_s);
void frost_kill_timer_stop(FrostKillTimer *self);
/* Ends the group now, as if the time were over; timed_out is not set. */
void frost_kill_timer_end_group(FrostKillTimer *self);
/* Sends a signal to the group, or to the leader if it has not made its group yet. */
void frost_kill_timer_signal(const FrostKillTimer *self, int signal_number);
