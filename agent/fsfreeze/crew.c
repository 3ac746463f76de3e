/* SPDX-License-Identifier: MIT */
#include "crew.h"

#include <errno.h>
#include <sched.h>
#include <sys/eventfd.h>
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
do_job(FrostCrew *self, FrostJob job)
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
        thaw_one(self, fs);
        break;
    }
    eventfd_write(self->bell, 1);
}

/* A freeze is FREEZING from the moment it is taken, under the lock: whoever has
 * cleared the ring sees in the ledger what has escaped it. */
static bool
take_job(FrostCrew *self, FrostJob *out)
{
    *out = self->ring[self->head++ % G_N_ELEMENTS(self->ring)];
    return out->task != FROST_TASK_FREEZE ||
           frost_ledger_step(&self->ledger->filesystems[out->index], FROST_FS_OPEN,
                             FROST_FS_FREEZING);
}

static bool
next_job(FrostCrew *self, FrostJob *out)
{
    bool found = false;

    pthread_mutex_lock(&self->lock);
    while (!found && !(self->leaving && self->head == self->tail)) {
        if (self->head == self->tail)
            pthread_cond_wait(&self->work, &self->lock);
        else
            found = take_job(self, out);
    }
    pthread_mutex_unlock(&self->lock);
    return found;
}

static void *
work(void *user)
{
    FrostCrew *self = user;
    FrostJob job;

    if (self->command_fd >= 0 && unshare(CLONE_FILES) == 0)
        close(self->command_fd);
    while (next_job(self, &job))
        do_job(self, job);
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

    wanted = MIN(MAX(wanted, 1), FROST_CREW_THREADS_MAX);
    while (self->thread_count < wanted && r == 0) {
        r = pthread_create(&self->threads[self->thread_count], &attributes, work, self);
        if (r == 0)
            self->thread_count++;
    }
    pthread_attr_destroy(&attributes);
    return self->thread_count > 0 ? (int)self->thread_count : -r;
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
