/* SPDX-License-Identifier: MIT */
#include "pace.h"

#include "deadline.h"

/* So long a sync waits until the queues are turned: what was in them before has to be written. */
#define TURN_WAIT_US (2 * 1000 * 1000)
/* KiB of a request. */
#define GENTLE_KIB 64

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
            frost_workers_post(self->workers, FROST_TASK_QUEUE, i);
    }
}

void
frost_pace_begin(FrostPace *self)
{
    if (!self->workers->queues || self->workers->queues->count == 0)
        return;
    self->state = FROST_PACE_TURNING;
    self->until_us = now_us(self) + TURN_WAIT_US;
    want(self, GENTLE_KIB);
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
    return true;
}
