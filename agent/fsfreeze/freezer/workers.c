/* SPDX-License-Identifier: MIT */
#include "workers.h"

#include <errno.h>
#include <sched.h>
#include <sys/eventfd.h>
#include <sys/param.h>
#include <unistd.h>

#include "pipes.h"
#include "stop.h"

/* Enough for a worker's few nested calls, and what it needs at least beside the C library's share.
 */
#define WORKER_STACK_BYTES (128 * 1024)
#define WORKER_OWN_BYTES (64 * 1024)

static void
sync_one(FrostWorkers *self, FrostLedgerFs *fs)
{
    int64_t begun_us = frost_kernel_now_us(self->kernel);
    frost_stop_point("freezer", "syncing");
    int r = self->kernel->syncfs(self->kernel, fs->fd);

    if (r < 0)
        atomic_store(&fs->error, -r);
    atomic_fetch_add(&fs->sync_us, frost_kernel_now_us(self->kernel) - begun_us);
    atomic_fetch_add(&fs->synced, 1);
}

static FrostFsState
state_after_thaw(int r)
{
    switch (-r) {
    case 0:
        return FROST_FS_THAWED;
    case EINVAL:
        return FROST_FS_LOST;
    default:
        return FROST_FS_STUCK;
    }
}

/* -EBADF: there is no descriptor of it (resources.h). */
static int
call_thaw(FrostWorkers *self, const FrostLedgerFs *fs)
{
    return fs->fd < 0 ? -EBADF : self->kernel->thaw(self->kernel, fs->fd);
}

/* Calls FITHAW. This thread has moved the state to THAWING, so no other thread does. */
static void
thaw_owned(FrostWorkers *self, FrostLedgerFs *fs)
{
    atomic_store(&fs->thaw_begun_us, frost_kernel_now_us(self->kernel));
    frost_stop_point("freezer", "thawing");
    int first = call_thaw(self, fs);
    int r = first;

    /* Try again: the error may be temporary (EIO, EINTR). EINVAL is final: it is not frozen. */
    if (r < 0 && r != -EINVAL)
        r = call_thaw(self, fs);

    frost_stop_point("freezer", "thawed");
    atomic_store(&fs->thawed_us, frost_kernel_now_us(self->kernel));
    /* The error of a thaw that faltered stays, and that a dead thread may have thawed it before
     * (leftovers.h): no call tells more. */
    if ((r != -EINVAL && r != -EBADF) || atomic_load(&fs->error) != EOWNERDEAD)
        atomic_store(&fs->error, r < 0 ? -r : first == -EINTR ? 0 : -first);
    frost_ledger_step(fs, FROST_FS_THAWING, state_after_thaw(r));
}

/* FIFREEZE has failed; a thaw may have begun meanwhile. */
static void
refuse(FrostLedgerFs *fs, int r)
{
    FrostFsState refused = FROST_FS_FAILED;

    if (r == -EBUSY)
        refused = FROST_FS_FOREIGN;
    else if (r == -EOPNOTSUPP)
        refused = FROST_FS_UNSUPPORTED;
    atomic_store(&fs->error, -r);
    if (!frost_ledger_step(fs, FROST_FS_FREEZING, refused))
        frost_ledger_step(fs, FROST_FS_ABANDONED, refused);
}

static void
freeze_one(FrostWorkers *self, FrostLedgerFs *fs)
{
    atomic_store(&fs->freeze_begun_us, frost_kernel_now_us(self->kernel));
    frost_stop_point("freezer", "freezing");
    int r = self->kernel->freeze(self->kernel, fs->fd);
    if (r < 0) {
        refuse(fs, r);
        return;
    }
    frost_stop_point("freezer", "froze");
    atomic_store(&fs->frozen_us, frost_kernel_now_us(self->kernel));
    if (frost_ledger_step(fs, FROST_FS_FREEZING, FROST_FS_FROZEN))
        return;
    /* A thaw began during FIFREEZE, and could not thaw this filesystem then (K5). */
    if (frost_ledger_step(fs, FROST_FS_ABANDONED, FROST_FS_THAWING))
        thaw_owned(self, fs);
}

static void
do_job(FrostWorkers *self, FrostJob job)
{
    FrostLedgerFs *fs = &self->ledger->filesystems[job.index];

    switch ((FrostTask)job.task) {
    case FROST_TASK_SYNC:
        sync_one(self, fs);
        break;
    case FROST_TASK_FREEZE:
        freeze_one(self, fs);
        break;
    case FROST_TASK_THAW:
        thaw_owned(self, fs);
        break;
    }
    eventfd_write(self->bell, 1);
}

/* False if the next job must wait for another worker. With fewer workers than filesystems, all of
 * them could be inside FIFREEZE, with none left to thaw (K5); so one worker never takes a freeze.
 * A freeze that waits blocks no thaw behind it: a thaw clears the ring first. */
static bool
is_due(const FrostWorkers *self)
{
    bool is_freeze = self->ring[self->head % FROST_WORKERS_RING].task == FROST_TASK_FREEZE;
    bool is_short = self->thread_count < self->wanted;

    return !is_freeze || !is_short || self->freezing + 1 < self->thread_count;
}

bool
frost_workers_are_owner(const FrostWorkers *self)
{
    return atomic_load(&self->ledger->owner) == self->owner;
}

/* Moves the filesystem to FREEZING or THAWING, under the lock that the ring has: a thread that has
 * cleared the ring finds in the ledger every job that was taken before. The worker is noted first,
 * for a later freezer (leftovers.h). The lock also keeps a second worker from noting itself on a
 * filesystem that another one has just claimed. */
static bool
claim(const FrostWorkers *self, const FrostJob *job, FrostThreadName thread)
{
    FrostLedgerFs *fs = &self->ledger->filesystems[job->index];
    bool freezes = job->task == FROST_TASK_FREEZE;
    FrostFsState from = freezes ? FROST_FS_OPEN : FROST_FS_FROZEN;

    if (atomic_load(&fs->state) != from)
        return false;
    atomic_store(&fs->worker, thread.id);
    atomic_store(&fs->worker_start, thread.start);
    return frost_ledger_step(fs, from, freezes ? FROST_FS_FREEZING : FROST_FS_THAWING);
}

static bool
take_job(FrostWorkers *self, FrostJob *out, FrostThreadName thread)
{
    *out = self->ring[self->head++ % FROST_WORKERS_RING];
    if (!frost_workers_are_owner(self))
        return false;
    if (out->task == FROST_TASK_SYNC)
        return true;
    if (!claim(self, out, thread))
        return false;
    self->freezing += out->task == FROST_TASK_FREEZE;
    return true;
}

static void
give_back(FrostWorkers *self, const FrostJob *job)
{
    if (job->task != FROST_TASK_FREEZE)
        return;
    pthread_mutex_lock(&self->lock);
    self->freezing--;
    pthread_cond_broadcast(&self->work);
    pthread_mutex_unlock(&self->lock);
}

static bool
next_job(FrostWorkers *self, FrostJob *out, FrostThreadName thread)
{
    bool found = false;

    pthread_mutex_lock(&self->lock);
    while (!found && !(self->leaving && self->head == self->tail)) {
        if (self->head == self->tail || !is_due(self))
            pthread_cond_wait(&self->work, &self->lock);
        else
            found = take_job(self, out, thread);
    }
    pthread_mutex_unlock(&self->lock);
    return found;
}

static void
close_own(int fd)
{
    if (fd >= 0)
        close(fd);
}

static void
leave_descriptors(FrostWorkers *self)
{
    if (self->command_fd < 0 && self->lock_fd < 0)
        return;
    if (unshare(CLONE_FILES) < 0) {
        atomic_store(&self->ledger->degraded[FROST_DEGRADED_OWN_DESCRIPTORS], errno);
        return;
    }
    frost_pipes_leave_now();
    close_own(self->command_fd);
    close_own(self->lock_fd);
    close_own(self->heir_fd);
}

static void
report_begun(FrostWorkers *self)
{
    pthread_mutex_lock(&self->lock);
    self->begun++;
    pthread_cond_signal(&self->all_begun);
    pthread_mutex_unlock(&self->lock);
}

static void *
work(void *user)
{
    FrostWorkers *self = user;
    const FrostThreadName thread = self->kernel->this_thread(self->kernel);
    FrostJob job;

    leave_descriptors(self);
    if (self->seal)
        frost_seal_thread(self->seal);
    report_begun(self);
    while (next_job(self, &job, thread)) {
        do_job(self, job);
        give_back(self, &job);
    }
    return NULL;
}

/* The C library's least stack is 16 KiB on most processors, but 128 KiB on arm64 and ppc64el, and
 * more where the processor saves many registers at a signal. */
static size_t
stack_bytes(void)
{
    long least = sysconf(_SC_THREAD_STACK_MIN);

    return least > 0 ? MAX(WORKER_STACK_BYTES, (size_t)least + WORKER_OWN_BYTES)
                     : WORKER_STACK_BYTES;
}

int
frost_workers_start(FrostWorkers *self, unsigned wanted)
{
    pthread_attr_t attributes;
    int r = pthread_attr_init(&attributes);

    if (r != 0)
        return -r;
    pthread_attr_setstacksize(&attributes, stack_bytes());
    pthread_mutex_init(&self->lock, NULL);
    pthread_cond_init(&self->work, NULL);
    pthread_cond_init(&self->all_begun, NULL);

    self->wanted = MAX(wanted, 1);
    unsigned possible = MIN(self->wanted, FROST_WORKERS_MAX);
    unsigned made = 0;
    while (made < possible && r == 0) {
        r = pthread_create(&self->threads[made], &attributes, work, self);
        if (r == 0)
            made++;
    }
    pthread_attr_destroy(&attributes);
    pthread_mutex_lock(&self->lock);
    self->thread_count = made; /* read by threads that wait for a first job */
    while (self->begun < made)
        pthread_cond_wait(&self->all_begun, &self->lock);
    pthread_mutex_unlock(&self->lock);
    atomic_store(&self->ledger->degraded[FROST_DEGRADED_THREADS], r);
    return made >= MIN(possible, 2) ? (int)made : -r;
}

void
frost_workers_stop(FrostWorkers *self)
{
    pthread_mutex_lock(&self->lock);
    self->leaving = true;
    pthread_cond_broadcast(&self->work);
    pthread_mutex_unlock(&self->lock);
    for (unsigned i = 0; i < self->thread_count; i++)
        pthread_join(self->threads[i], NULL);
    pthread_cond_destroy(&self->all_begun);
    pthread_cond_destroy(&self->work);
    pthread_mutex_destroy(&self->lock);
}

void
frost_workers_post(FrostWorkers *self, FrostTask task, unsigned index)
{
    pthread_mutex_lock(&self->lock);
    self->ring[self->tail++ % FROST_WORKERS_RING] =
        (FrostJob){.task = (uint16_t)task, .index = (uint16_t)index};
    pthread_cond_signal(&self->work);
    pthread_mutex_unlock(&self->lock);
}

void
frost_workers_clear(FrostWorkers *self)
{
    pthread_mutex_lock(&self->lock);
    self->head = self->tail;
    pthread_mutex_unlock(&self->lock);
}
