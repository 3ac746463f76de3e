/* SPDX-License-Identifier: MIT */
#include "workers.h"

#include <errno.h>
#include <sched.h>
#include <sys/eventfd.h>
#include <sys/param.h>
#include <sys/syscall.h>
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
    if (fs->fd >= 0)
        atomic_store(&fs->thaw_begun_us, frost_kernel_now_us(self->kernel));
    frost_stop_point("freezer", "thawing");
    int first = call_thaw(self, fs);
    int r = first;

    /* Try again: the error may be temporary (EIO, EINTR). EINVAL is final: it is not frozen. */
    if (r < 0 && r != -EINVAL)
        r = call_thaw(self, fs);

    frost_stop_point("freezer", "thawed");
    if (fs->fd >= 0)
        atomic_store(&fs->thawed_us, frost_kernel_now_us(self->kernel));
    /* The error of a thaw that faltered stays, and that a dead thread may have thawed it before
     * (leftovers.h): no call tells more. */
    if ((r != -EINVAL && r != -EBADF) || atomic_load(&fs->error) != EOWNERDEAD)
        atomic_store(&fs->error, r < 0 ? -r : first == -EINTR ? 0 : -first);
    if (state_after_thaw(r) == FROST_FS_STUCK)
        frost_refusals_note(&self->refusals, fs, frost_kernel_now_us(self->kernel));
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
    case FROST_TASK_SYNC_IN_TURN:
        sync_one(self, fs);
        break;
    case FROST_TASK_FREEZE:
        freeze_one(self, fs);
        break;
    case FROST_TASK_THAW:
        thaw_owned(self, fs);
        break;
    case FROST_TASK_QUEUE:
        frost_stop_point("freezer", "turning");
        frost_disk_queues_follow(self->queues, job.index);
        break;
    case FROST_TASK_SPACE:
        frost_space_answer(&self->space, self->kernel, self->ledger);
        break;
    }
}

static bool
are_too_few(const FrostWorkers *self)
{
    return self->thread_count < self->wanted;
}

/* The level for which the last free worker is kept; -1: none. */
static int
kept_level(const FrostWorkers *self)
{
    return are_too_few(self) && self->busy + 1 >= self->thread_count
               ? frost_refusals_kept_level(&self->refusals, frost_kernel_now_us(self->kernel))
               : -1;
}

/* Brings the first job that is not kept back before those that are: what they are kept back for may
 * stand behind them. False: each is. */
static bool
pass_what_is_kept_back(FrostWorkers *self)
{
    const FrostJob *ring = self->ring;
    unsigned n = self->head;
    int level = kept_level(self);

    while (
        n != self->tail && ring[n % FROST_WORKERS_RING].task == FROST_TASK_THAW &&
        frost_refusals_are_waited_for(&self->refusals, ring[n % FROST_WORKERS_RING].index, level))
        n++;
    if (n == self->tail)
        return false;
    FrostJob job = ring[n % FROST_WORKERS_RING];
    for (; n != self->head; n--)
        self->ring[n % FROST_WORKERS_RING] = ring[(n - 1) % FROST_WORKERS_RING];
    self->ring[n % FROST_WORKERS_RING] = job;
    return true;
}

/* False if there is no next job, or if it must wait: for another worker, which takes it as soon as
 * it can, or until none is kept any more. A turn waits for the one before. A freeze that waits
 * blocks no thaw behind it: a thaw clears the ring first. */
static bool
is_due(FrostWorkers *self)
{
    if (!pass_what_is_kept_back(self))
        return false;
    const FrostJob *job = &self->ring[self->head % FROST_WORKERS_RING];

    switch ((FrostTask)job->task) {
    case FROST_TASK_SYNC_IN_TURN:
        return self->turn < 0;
    case FROST_TASK_FREEZE:
        return !are_too_few(self) || self->freezing + 1 < self->thread_count;
    case FROST_TASK_SYNC:
    case FROST_TASK_THAW:
    case FROST_TASK_QUEUE:
    case FROST_TASK_SPACE:
        break;
    }
    return true;
}

/* Under the lock. */
static void
call_another(FrostWorkers *self)
{
    if (self->idle == 0 || self->calls || !is_due(self))
        return;
    self->idle--;
    self->calls = true;
    pthread_cond_signal(&self->work);
}

static void
wait_for_call(FrostWorkers *self)
{
    self->idle++;
    pthread_cond_wait(&self->work, &self->lock);
    if (self->calls)
        self->calls = false;
    else
        self->idle--; /* it woke without being called */
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
    switch ((FrostTask)out->task) {
    case FROST_TASK_SYNC:
    case FROST_TASK_QUEUE:
    case FROST_TASK_SPACE:
        return true;
    case FROST_TASK_SYNC_IN_TURN:
        self->turn = out->index;
        self->turn_begun_us = frost_kernel_now_us(self->kernel);
        return true;
    case FROST_TASK_FREEZE:
    case FROST_TASK_THAW:
        break;
    }
    if (!claim(self, out, thread))
        return false;
    self->freezing += out->task == FROST_TASK_FREEZE;
    return true;
}

/* Under the lock, like all that follows. */
static void
give_back(FrostWorkers *self, const FrostJob *job)
{
    self->busy--;
    self->moved_us = frost_kernel_now_us(self->kernel);
    self->freezing -= job->task == FROST_TASK_FREEZE;
    if (job->task == FROST_TASK_SYNC_IN_TURN)
        self->turn = -1;
}

/* The first thread need not look while the workers go on by themselves, unless there is something
 * that it would end. */
static bool
has_news(FrostWorkers *self, const FrostJob *job)
{
    return !is_due(self) || job->task == FROST_TASK_QUEUE || job->task == FROST_TASK_SPACE ||
           atomic_load(&self->ledger->filesystems[job->index].error) != 0;
}

static void
ring(FrostWorkers *self)
{
    pthread_mutex_unlock(&self->lock);
    eventfd_write(self->bell, 1);
    pthread_mutex_lock(&self->lock);
}

/* A job that nobody may take is dropped. Whoever came back before it rang no bell, as it was due.
 */
static bool
next_job(FrostWorkers *self, FrostJob *out, FrostThreadName thread)
{
    bool has_dropped = false;

    while (!(self->leaving && self->head == self->tail)) {
        if (is_due(self)) {
            if (take_job(self, out, thread)) {
                self->busy++;
                self->moved_us = frost_kernel_now_us(self->kernel);
                call_another(self);
                return true;
            }
            has_dropped = true;
        } else if (has_dropped) {
            has_dropped = false;
            ring(self);
        } else {
            wait_for_call(self);
        }
    }
    return false;
}

static void
close_own(int fd)
{
    if (fd >= 0)
        close(fd);
}

/* Under the lock. The first worker to leave does it for all. It stays then: the seal forbids what
 * the C library calls at the end of a thread. */
static void
let_go(FrostWorkers *self)
{
    if (self->has_own_table && !self->has_let_go)
        syscall(SYS_close_range, STDERR_FILENO + 1u, ~0u, 0u);
    self->has_let_go = true;
    pthread_cond_signal(&self->answer);
    while (self->has_own_table)
        pthread_cond_wait(&self->work, &self->lock);
}

static void
leave_descriptors(FrostWorkers *self)
{
    if (!self->has_own_table)
        return;
    frost_pipes_leave_now();
    close_own(self->command_fd);
    close_own(self->lock_fd);
    close_own(self->heir_fd);
}

/* Under the lock. */
static void
report_begun(FrostWorkers *self)
{
    self->begun++;
    if (self->begun == self->thread_count)
        pthread_cond_signal(&self->all_begun);
}

static void *
work(void *user)
{
    FrostWorkers *self = user;
    const FrostThreadName thread = self->kernel->this_thread(self->kernel);
    FrostJob job;

    if (self->seal)
        frost_seal_thread(self->seal);
    pthread_mutex_lock(&self->lock);
    report_begun(self);
    while (next_job(self, &job, thread)) {
        pthread_mutex_unlock(&self->lock);
        do_job(self, job);
        pthread_mutex_lock(&self->lock);
        give_back(self, &job);
        if (has_news(self, &job))
            ring(self);
    }
    let_go(self);
    pthread_mutex_unlock(&self->lock);
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

/* 0, or an errno. */
static int
start_thread(pthread_t *out, void *(*begin)(void *user), FrostWorkers *self)
{
    pthread_attr_t attributes;
    int r = pthread_attr_init(&attributes);

    if (r != 0)
        return r;
    pthread_attr_setstacksize(&attributes, stack_bytes());
    r = pthread_create(out, &attributes, begin, self);
    pthread_attr_destroy(&attributes);
    return r;
}

/* The first worker closes for all what the caller keeps open in its own table. */
static void *
begin_first(void *user)
{
    FrostWorkers *self = user;

    pthread_mutex_lock(&self->lock);
    while (self->thread_count == 0)
        pthread_cond_wait(&self->answer, &self->lock);
    pthread_mutex_unlock(&self->lock);
    leave_descriptors(self);
    return work(self);
}

/* Gives the calling thread a table of its own; the old one is the workers'. */
static void
part_descriptors(FrostWorkers *self)
{
    if (self->command_fd < 0 && self->lock_fd < 0)
        return;
    self->has_own_table = unshare(CLONE_FILES) == 0;
    if (!self->has_own_table)
        atomic_store(&self->ledger->degraded[FROST_DEGRADED_OWN_DESCRIPTORS], errno);
}

int
frost_workers_start(FrostWorkers *self, unsigned wanted)
{
    unsigned made = 0;
    int r = 0;

    pthread_mutex_init(&self->lock, NULL);
    pthread_cond_init(&self->work, NULL);
    pthread_cond_init(&self->answer, NULL);
    pthread_cond_init(&self->all_begun, NULL);
    self->turn = -1;
    frost_refusals_init(&self->refusals, self->ledger);
    self->wanted = MAX(wanted, 1);
    unsigned possible = MIN(self->wanted, FROST_WORKERS_MAX);
    while (made < possible && r == 0) {
        r = start_thread(&self->threads[made], made == 0 ? begin_first : work, self);
        made += r == 0;
    }
    atomic_store(&self->ledger->degraded[FROST_DEGRADED_THREADS], r);
    if (made < MIN(possible, 2))
        return -r;

    part_descriptors(self);
    pthread_mutex_lock(&self->lock);
    self->thread_count = made;
    pthread_cond_signal(&self->answer);
    while (self->begun < made)
        pthread_cond_wait(&self->all_begun, &self->lock);
    pthread_mutex_unlock(&self->lock);
    return (int)made;
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
    pthread_cond_destroy(&self->answer);
    pthread_cond_destroy(&self->work);
    pthread_mutex_destroy(&self->lock);
}

bool
frost_workers_let_go(FrostWorkers *self)
{
    pthread_mutex_lock(&self->lock);
    bool can = self->busy == 0 && self->head == self->tail;
    self->leaving = can;
    pthread_cond_signal(&self->work);
    while (can && !self->has_let_go)
        pthread_cond_wait(&self->answer, &self->lock);
    pthread_mutex_unlock(&self->lock);
    return can;
}

bool
frost_workers_have_let_go(const FrostWorkers *self)
{
    return self->leaving;
}

void
frost_workers_post(FrostWorkers *self, FrostTask task, unsigned index)
{
    pthread_mutex_lock(&self->lock);
    self->ring[self->tail++ % FROST_WORKERS_RING] =
        (FrostJob){.task = (uint16_t)task, .index = (uint16_t)index};
    call_another(self);
    pthread_mutex_unlock(&self->lock);
}

/* Under the lock. */
static void
put_first(FrostWorkers *self, FrostTask task, unsigned index)
{
    self->ring[--self->head % FROST_WORKERS_RING] =
        (FrostJob){.task = (uint16_t)task, .index = (uint16_t)index};
}

/* The turns of a sync wait for each other; this waits for none. */
void
frost_workers_post_first(FrostWorkers *self, FrostTask task, unsigned index)
{
    pthread_mutex_lock(&self->lock);
    put_first(self, task, index);
    call_another(self);
    pthread_mutex_unlock(&self->lock);
}

/* All under one lock: no worker takes one before those that must be thawed before it. */
void
frost_workers_post_stuck(FrostWorkers *self)
{
    uint16_t stuck[FROST_LEDGER_FILESYSTEMS];

    pthread_mutex_lock(&self->lock);
    for (unsigned n = frost_refusals_list_stuck(&self->refusals, stuck); n-- > 0;) {
        frost_ledger_step(&self->ledger->filesystems[stuck[n]], FROST_FS_STUCK, FROST_FS_FROZEN);
        put_first(self, FROST_TASK_THAW, stuck[n]);
    }
    call_another(self);
    pthread_mutex_unlock(&self->lock);
}

void
frost_workers_clear(FrostWorkers *self)
{
    pthread_mutex_lock(&self->lock);
    self->head = self->tail;
    pthread_mutex_unlock(&self->lock);
}

static bool
any_frozen(const FrostWorkers *self)
{
    for (uint32_t i = 0; i < atomic_load(&self->ledger->count); i++) {
        if (atomic_load(&self->ledger->filesystems[i].state) == FROST_FS_FROZEN)
            return true;
    }
    return false;
}

bool
frost_workers_may_be_exhausted(const FrostWorkers *self)
{
    return are_too_few(self) && (any_frozen(self) || frost_refusals_any(&self->refusals));
}

bool
frost_workers_are_exhausted(FrostWorkers *self, int64_t for_us)
{
    int64_t now_us = frost_kernel_now_us(self->kernel);

    pthread_mutex_lock(&self->lock);
    bool thaw_waits = frost_refusals_any(&self->refusals) ||
                      (self->head != self->tail &&
                       self->ring[self->head % FROST_WORKERS_RING].task == FROST_TASK_THAW);
    bool are_all_inside = self->busy == self->thread_count && now_us - self->moved_us >= for_us;
    pthread_mutex_unlock(&self->lock);
    return thaw_waits && are_all_inside;
}

int32_t
frost_workers_turn(FrostWorkers *self, int64_t *out_begun_us)
{
    pthread_mutex_lock(&self->lock);
    int32_t turn = self->turn;
    *out_begun_us = self->turn_begun_us;
    pthread_mutex_unlock(&self->lock);
    return turn;
}
