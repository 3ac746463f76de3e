/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * crew.h - the threads of the freezer: each does one blocking call on one filesystem at a time
 *
 * FIFREEZE and FITHAW cannot be interrupted (K5, K6), so the thread that commands must never make
 * them itself. With one thread for each filesystem no call waits behind another's.
 *
 * Frozen-safe: once started, nothing here allocates, logs or looks up a path.
 */

#include <pthread.h>
#include <stdint.h>

#include "ledger.h"
#include "sys.h"

#define FROST_CREW_THREADS_MAX 64

typedef enum {
    FROST_TASK_SYNC,
    FROST_TASK_FREEZE,
    FROST_TASK_THAW,
} FrostTask;

typedef struct {
    uint16_t task;
    uint16_t index;
} FrostJob;

typedef struct {
    FrostSys *sys; /* borrowed */
    FrostLedgerData *ledger;
    int bell;       /* eventfd, rung after each job; belongs to the caller */
    int command_fd; /* which the workers must not keep open; -1: none */
    pthread_mutex_t lock;
    pthread_cond_t work;
    bool leaving;
    unsigned wanted; /* threads: one for each filesystem */
    unsigned thread_count;
    unsigned freezing; /* threads that may be in FIFREEZE */
    pthread_t threads[FROST_CREW_THREADS_MAX];
    /* A ring; a filesystem has at most one job of a task in it. */
    unsigned head;
    unsigned tail;
    FrostJob ring[FROST_LEDGER_FILESYSTEMS * 4];
} FrostCrew;

/**
 * frost_crew_start:
 * @self: zeroed but for sys, ledger, bell and command_fd
 * @wanted: threads; fewer will do. One of fewer is never in FIFREEZE, but free for what has to be
 *   thawed meanwhile; so a single one for several filesystems will not do
 *
 * The threads give up the descriptor table that they share, and close their copy of the command
 * socket: a thread inside an uninterruptible call would else keep it open and hide the process's
 * death (design 5). Returns how many threads there are, or a negative errno.
 */
int frost_crew_start(FrostCrew *self, unsigned wanted);

/* For tests: waits for the threads, which must be idle. */
void frost_crew_stop(FrostCrew *self);

void frost_crew_post(FrostCrew *self, FrostTask task, unsigned index);
/* Takes back what nobody has begun. */
void frost_crew_clear(FrostCrew *self);
