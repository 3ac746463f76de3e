/* SPDX-License-Identifier: MIT */
#include "crew.h"

#include <errno.h>
#include <sched.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "stop.h"

/* Enough for three nested calls; only touched pages count. */
#define WORKER_STACK_BYTES (128 * 1024)

static void
sync_one(FrostCrew *self, FrostLedgerFs *fs)
{
    int64_t begun_us = self->sys->boottime_us(self->sys);
    frost_stop_point("freezer", "syncing");
    int r = self->sys->syncfs(self->sys, fs->fd);

    if (r < 0)
        atomic_store(&fs->error, -r);
    atomic_fetch_add(&fs->sync_us, self->sys->boottime_us(self->sys) - begun_us);
    atomic_fetch_add(&fs->synced, 1);
}

/* Frozen by us, and the state says THAWING: this thread owns the one FITHAW it
 * is owed. */
static void
thaw_owned(FrostCrew *self, FrostLedgerFs *fs)
{
    atomic_store(&fs->thaw_begun_us, self->sys->boottime_us(self->sys));
    frost_stop_point("freezer", "thawing");
    int r = self->sys->thaw(self->sys, fs->fd);

    /* Once more: what failed may have been the moment's (EIO, EINTR); EINVAL is
     * an answer. */
    if (r < 0 && r != -EINVAL)
        r = self->sys->thaw(self->sys, fs->fd);

    frost_stop_point("freezer", "thawed");
    atomic_store(&fs->thawed_us, self->sys->boottime_us(self->sys));
    if (r == 0) {
        atomic_store(&fs->state, FROST_FS_THAWED);
    } else {
        atomic_store(&fs->error, -r);
        atomic_store(&fs->state, r == -EINVAL ? FROST_FS_LOST : FROST_FS_STUCK);
    }
}

static FrostFsState
state_for_refusal(int r)
{
    switch (-r) {
    case EBUSY:
        return FROST_FS_FOREIGN;
    case EOPNOTSUPP:
        return FROST_FS_UNSUPPORTED;
    default:
        return FROST_FS_FAILED;
    }
}

static void
freeze_one(FrostCrew *self, FrostLedgerFs *fs)
{
    atomic_store(&fs->freeze_begun_us, self->sys->boottime_us(self->sys));
    frost_stop_point("freezer", "freezing");
    int r = self->sys->freeze(self->sys, fs->fd);
    if (r < 0) {
        atomic_store(&fs->error, -r);
        atomic_store(&fs->state, state_for_refusal(r));
        return;
    }
    frost_stop_point("freezer", "froze");
    atomic_store(&fs->frozen_us, self->sys->boottime_us(self->sys));
    if (frost_ledger_step(fs, FROST_FS_FREEZING, FROST_FS_FROZEN))
        return;
    /* A thaw came while the kernel was at it, and could not have reached it then
     * (K5). */
    if (frost_ledger_step(fs, FROST_FS_ABANDONED, FROST_FS_THAWING))
        thaw_owned(self, fs);
}

static void
thaw_one(FrostCrew *self, FrostLedgerFs *fs)
{
    if (frost_ledger_step(fs, FROST_FS_FROZEN, FROST_FS_THAWING))
        thaw_owned(self, fs);
}

static void
do_job(FrostCrew *self, FrostJob job, pid_t thread)
{
    FrostLedgerFs *fs = &self->ledger->filesystems[job.index];

    /* Before the state says that it is at work: whoever outlives it can tell. */
    if (job.task == FROST_TASK_THAW)
        atomic_store(&fs->worker, (int32_t)thread);
    switch ((FrostTask)job.task) {
    case FROST_TASK_SYNC:
        sync_one(self, fs);
        break;
    case FROST_TASK_FREEZE:
        freeze_one(self, fs);
        break;
    case FROST_TASK_THAW:
        thaw_one(self, fs);
        break;
    }
    eventfd_write(self->bell, 1);
}

/* Where there are fewer threads than filesystems, all of them could be stuck in FIFREEZE, and what
 * is frozen could not be thawed (K5): one is kept free of it. In front of a job that waits for this
 * there is no other: the ring is cleared before anything is thawed. */
static bool
is_due(const FrostCrew *self)
{
    bool is_freeze = self->ring[self->head % G_N_ELEMENTS(self->ring)].task == FROST_TASK_FREEZE;
    bool is_short = self->thread_count < self->wanted;

    return !is_freeze || !is_short || self->freezing + 1 < self->thread_count;
}

/* A freeze is FREEZING from the moment it is taken, under the lock: whoever has
 * cleared the ring sees in the ledger what has escaped it. */
static bool
take_job(FrostCrew *self, FrostJob *out, pid_t thread)
{
    *out = self->ring[self->head++ % G_N_ELEMENTS(self->ring)];
    if (out->task != FROST_TASK_FREEZE)
        return true;

    FrostLedgerFs *fs = &self->ledger->filesystems[out->index];

    atomic_store(&fs->worker, (int32_t)thread);
    if (!frost_ledger_step(fs, FROST_FS_OPEN, FROST_FS_FREEZING))
        return false;
    self->freezing++;
    return true;
}

static void
give_back(FrostCrew *self, const FrostJob *job)
{
    if (job->task != FROST_TASK_FREEZE)
        return;
    pthread_mutex_lock(&self->lock);
    self->freezing--;
    pthread_cond_broadcast(&self->work);
    pthread_mutex_unlock(&self->lock);
}

static bool
next_job(FrostCrew *self, FrostJob *out, pid_t thread)
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

static void *
work(void *user)
{
    FrostCrew *self = user;
    const pid_t thread = (pid_t)syscall(SYS_gettid);
    FrostJob job;

    if (self->command_fd >= 0 && unshare(CLONE_FILES) == 0)
        close(self->command_fd);
    else if (self->command_fd >= 0)
        atomic_store(&self->ledger->lacks[FROST_LACK_OWN_DESCRIPTORS], errno);
    while (next_job(self, &job, thread)) {
        do_job(self, job, thread);
        give_back(self, &job);
    }
    return NULL;
}

int
frost_crew_start(FrostCrew *self, unsigned wanted)
{
    pthread_attr_t attributes;
    int r = pthread_attr_init(&attributes);

    if (r != 0)
        return -r;
    pthread_attr_setstacksize(&attributes, WORKER_STACK_BYTES);
    pthread_mutex_init(&self->lock, NULL);
    pthread_cond_init(&self->work, NULL);

    self->wanted = MAX(wanted, 1);
    unsigned possible = MIN(self->wanted, FROST_CREW_THREADS_MAX);
    unsigned made = 0;
    while (made < possible && r == 0) {
        r = pthread_create(&self->threads[made], &attributes, work, self);
        if (r == 0)
            made++;
    }
    pthread_attr_destroy(&attributes);
    pthread_mutex_lock(&self->lock);
    self->thread_count = made; /* read by threads that wait for a first job */
    pthread_mutex_unlock(&self->lock);
    atomic_store(&self->ledger->lacks[FROST_LACK_THREADS], r);
    return made >= MIN(possible, 2) ? (int)made : -r;
}

void
frost_crew_stop(FrostCrew *self)
{
    pthread_mutex_lock(&self->lock);
    self->leaving = true;
    pthread_cond_broadcast(&self->work);
    pthread_mutex_unlock(&self->lock);
    for (unsigned i = 0; i < self->thread_count; i++)
        pthread_join(self->threads[i], NULL);
    pthread_cond_destroy(&self->work);
    pthread_mutex_destroy(&self->lock);
}

void
frost_crew_post(FrostCrew *self, FrostTask task, unsigned index)
{
    pthread_mutex_lock(&self->lock);
    self->ring[self->tail++ % G_N_ELEMENTS(self->ring)] =
        (FrostJob){.task = (uint16_t)task, .index = (uint16_t)index};
    pthread_cond_signal(&self->work);
    pthread_mutex_unlock(&self->lock);
}

void
frost_crew_clear(FrostCrew *self)
{
    pthread_mutex_lock(&self->lock);
    self->head = self->tail;
    pthread_mutex_unlock(&self->lock);
}
