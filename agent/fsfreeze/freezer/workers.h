/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * workers.h - the threads of the freezer that call syncfs, FIFREEZE and FITHAW
 *
 * FIFREEZE and FITHAW cannot be interrupted (K5, K6), so the freezer's first thread never calls
 * them. With one worker for each filesystem, no call waits for another.
 *
 * While the next job is due, and workers wait, one of these is on its way. It calls the next one
 * when it takes its job. So no job that is due waits behind a call that does not return, and many
 * short calls do not wake many threads.
 *
 * With fewer workers than filesystems, all of them could come to wait, inside a call, for a
 * filesystem that no worker is left for. So one of them never freezes (K5). And for some seconds
 * the last free one thaws nothing that may wait for what the kernel has refused to thaw
 * (refusals.h).
 *
 * Frozen-safe: once started, a worker neither allocates, nor logs, nor looks up a path.
 */

#include <pthread.h>
#include <stdint.h>

#include "backlog.h"
#include "disk-queues.h"
#include "kernel.h"
#include "ledger-data.h"
#include "refusals.h"
#include "seal.h"
#include "space.h"

#define FROST_WORKERS_MAX 64
/* More than can be waiting: at most one job of each FrostTask for each filesystem, and some for
 * each disk. */
#define FROST_WORKERS_RING (FROST_LEDGER_FILESYSTEMS * 4 + FROST_LEDGER_DISKS * 16)

typedef enum {
    FROST_TASK_SYNC,
    FROST_TASK_SYNC_IN_TURN, /* one such job at a time */
    FROST_TASK_FREEZE,
    FROST_TASK_THAW,
    FROST_TASK_QUEUE, /* the queue of a disk (disk-queues.h) */
    FROST_TASK_SPACE, /* of all filesystems (space.h) */
} FrostTask;

typedef struct {
    uint16_t task;  /* FrostTask */
    uint16_t index; /* in the ledger: of the filesystem, or of the disk */
} FrostJob;

typedef struct {
    FrostKernel *kernel; /* borrowed */
    FrostLedgerData *ledger;
    uint32_t owner; /* our number: the workers take jobs only while we own the ledger */
    int bell; /* eventfd; belongs to the caller. Rung when a worker has done all that it can, and
                 when a job has failed */
    int command_fd; /* the workers close their copies of this and the next two; -1: none */
    int lock_fd;
    int heir_fd;
    const FrostSeal *seal;   /* borrowed; NULL: none */
    FrostDiskQueues *queues; /* the same */
    FrostBacklog *backlog;   /* the same; for the caller's use */
    FrostSpace space;        /* for the caller's use, too */
    pthread_mutex_t lock;
    pthread_cond_t work;
    pthread_cond_t answer; /* between the caller and one worker: all are made, or it has let go */
    pthread_cond_t all_begun;
    FrostRefusals refusals;
    bool has_own_table; /* of descriptors, which the workers share */
    bool leaving;
    bool has_let_go;
    unsigned wanted;       /* one thread for each filesystem */
    unsigned thread_count; /* 0: not all are made */
    unsigned begun;        /* threads that have done all that the seal forbids */
    unsigned idle;         /* threads that wait for a job, and are not called */
    bool calls;            /* a thread that waits is called, and is on its way */
    unsigned busy;         /* threads that have taken a job */
    int64_t moved_us;      /* when a thread last took a job or came back, CLOCK_BOOTTIME */
    unsigned freezing;     /* of those that have a job, a freeze */
    int32_t turn;          /* the filesystem that is being synced in its turn; -1: none */
    int64_t turn_begun_us;
    pthread_t threads[FROST_WORKERS_MAX];
    /* An index into the ring is the remainder. */
    unsigned head;
    unsigned tail;
    FrostJob ring[FROST_WORKERS_RING];
} FrostWorkers;

/**
 * frost_workers_start: starts up to @wanted workers
 * @self: zero, except for kernel, ledger, owner, bell, command_fd, lock_fd, heir_fd, seal,
 * queues and backlog
 * @wanted: the number of filesystems
 *
 * Fewer workers than wanted will do, but not one for several filesystems.
 *
 * The calling thread gets a descriptor table of its own. In the old one, which the workers share,
 * the first worker closes the command socket, the ledger's lock and the heir's socket, and leaves
 * the pipes (pipes.h); then each worker seals itself. A thread inside an uninterruptible call would
 * keep the socket and the lock open after its process was killed: the agent would not see the
 * death, and no other freezer could take the lock.
 *
 * Returns the number of workers once all have come so far, or a negative errno.
 */
int frost_workers_start(FrostWorkers *self, unsigned wanted);

/* True while we own the ledger. Each thread asks after each wake-up, before it does anything. */
bool frost_workers_are_owner(const FrostWorkers *self);

/* Closes all descriptors of the workers' table, so that the filesystems can be unmounted before
 * this process has ended. No job may be posted afterwards. False: a job waits, or a worker is still
 * inside a call, and nothing is closed. */
bool frost_workers_let_go(FrostWorkers *self);
/* True if it has. To be asked by the same thread. */
bool frost_workers_have_let_go(const FrostWorkers *self);

/* For tests: ends the workers, for which no job may wait, and waits until they have ended. */
void frost_workers_stop(FrostWorkers *self);

/* Appends a job. @index: of FrostJob. */
void frost_workers_post(FrostWorkers *self, FrostTask task, unsigned index);
/* The same, before all jobs that wait. */
void frost_workers_post_first(FrostWorkers *self, FrostTask task, unsigned index);
/* Drops all jobs that no worker has taken yet. */
void frost_workers_clear(FrostWorkers *self);

/* What is STUCK becomes FROZEN, and its thaw is posted before all other jobs, that of the highest
 * level first. What this process has no descriptor of stays as it is. */
void frost_workers_post_stuck(FrostWorkers *self);
/* True if there are fewer than wanted, and something is frozen or refused: a worker may be missing.
 */
bool frost_workers_may_be_exhausted(const FrostWorkers *self);
/* True if a thaw waits for a worker, or something is refused, and each of them is inside a call,
 * and has been for @for_us: all of them may wait for what this thaw is about. */
bool frost_workers_are_exhausted(FrostWorkers *self, int64_t for_us);

/* Returns the filesystem that is being synced in its turn, or -1. @out_begun_us: since when. */
int32_t frost_workers_turn(FrostWorkers *self, int64_t *out_begun_us);
