/* SPDX-License-Identifier: MIT */
#include "pace.h"

#include "deadline.h"

/* So long a sync waits until the queues are turned: what was in them before has to be written. */
#define TURN_WAIT_US (2 * 1000 * 1000)
/* A queue of four requests is to take about this time. */
#define QUEUE_US 5000
#define QUEUE_REQUESTS 4
/* The least of a request, in KiB: of a disk that writes 60 MB a second. */
#define GENTLE_KIB 64
/* More than any disk takes at once; its old value is the limit. */
#define LONGEST_KIB 4096
/* How long it is watched. */
#define WATCH_US (100 * 1000)

static int64_t
now_us(const FrostPace *self)
{
    return frost_kernel_now_us(self->workers->kernel);
}

static void
want(FrostPace *self, uint32_t kib)
{
    FrostDiskQueues *queues = self->workers->queues;

    atomic_store(&queues->wanted, kib);
    for (unsigned i = 0; i < FROST_LEDGER_DISKS; i++) {
        if (queues->is_open[i])
            frost_workers_post_first(self->workers, FROST_TASK_QUEUE, i);
    }
}

/* The sync after the hooks mostly finds little. */
static bool
is_worthwhile(const FrostPace *self)
{
    const FrostWorkers *workers = self->workers;

    return workers->queues && workers->queues->count > 0 &&
           (!workers->backlog || frost_backlog_now(workers->backlog) >= FROST_BACKLOG_MUCH);
}

void
frost_pace_begin(FrostPace *self)
{
    if (!is_worthwhile(self))
        return;
    self->state = FROST_PACE_TURNING;
    self->until_us = now_us(self) + TURN_WAIT_US;
    self->kib = GENTLE_KIB;
    want(self, self->kib);
}

void
frost_pace_end(FrostPace *self)
{
    if (self->state != FROST_PACE_GENTLE)
        return;
    self->state = FROST_PACE_RETURNING;
    self->until_us = frost_deadline_after(now_us(self), self->workers->ledger->sync_limit_us);
    want(self, FROST_QUEUE_NORMAL);
}

void
frost_pace_break_off(FrostPace *self)
{
    if (self->state == FROST_PACE_TURNING || self->state == FROST_PACE_GENTLE)
        want(self, FROST_QUEUE_NORMAL);
    self->state = FROST_PACE_NORMAL;
}

static void
watch(FrostPace *self)
{
    self->begun_us = now_us(self);
    self->found = self->workers->backlog ? frost_backlog_now(self->workers->backlog) : 0;
    self->look_us = self->found >= FROST_BACKLOG_MUCH ? self->begun_us + WATCH_US : 0;
}

/* A power of two; by what left the dirty memory meanwhile. What programs have added is missing: so
 * the disks are rather taken for slower. */
static uint32_t
find_length(const FrostPace *self, int64_t took_us)
{
    uint64_t now = frost_backlog_now(self->workers->backlog);
    uint64_t written = now < self->found ? self->found - now : 0;
    uint64_t kib = took_us > 0 ? written * QUEUE_US / QUEUE_REQUESTS / 1024 / (uint64_t)took_us : 0;
    uint32_t length = GENTLE_KIB;

    while (length * 2 <= kib && length < LONGEST_KIB)
        length *= 2;
    return length;
}

void
frost_pace_look(FrostPace *self)
{
    if (self->state != FROST_PACE_GENTLE || self->look_us == 0 || now_us(self) < self->look_us)
        return;
    uint32_t kib = find_length(self, now_us(self) - self->begun_us);

    self->look_us = 0;
    if (kib > self->kib)
        want(self, kib);
    self->kib = kib;
}

bool
frost_pace_is_waited_for(const FrostPace *self)
{
    return self->state == FROST_PACE_TURNING || self->state == FROST_PACE_RETURNING;
}

bool
frost_pace_advance(FrostPace *self)
{
    bool is_turning = self->state == FROST_PACE_TURNING;

    if (!frost_pace_is_waited_for(self))
        return true;
    if (!frost_disk_queues_have_followed(self->workers->queues) &&
        !(is_turning && now_us(self) >= self->until_us))
        return false;
    self->state = is_turning ? FROST_PACE_GENTLE : FROST_PACE_NORMAL;
    if (is_turning)
        watch(self);
    return true;
}
