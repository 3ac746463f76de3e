/* SPDX-License-Identifier: MIT */
#include "stuck.h"

#include <sys/param.h>

#include "deadline.h"

#define FIRST_WAIT_US (1000ll * 1000)
#define WAITS 11 /* the last one is 1024 seconds */

/* 0: nothing is stuck that this process can try again. */
static int64_t
wait_us(const FrostStuck *self)
{
    uint32_t refusals = frost_refusals_least(&self->workers->refusals);

    return refusals == 0 ? 0 : FIRST_WAIT_US << (MIN(refusals, WAITS) - 1);
}

void
frost_stuck_init(FrostStuck *self, FrostWorkers *workers)
{
    *self = (FrostStuck){.workers = workers};
}

void
frost_stuck_begin(FrostStuck *self)
{
    self->due_us = 0;
    frost_refusals_begin(&self->workers->refusals);
}

void
frost_stuck_plan(FrostStuck *self)
{
    int64_t wait = wait_us(self);

    if (wait > 0)
        self->due_us =
            frost_deadline_earlier(self->due_us, frost_kernel_now_us(self->workers->kernel) + wait);
}

void
frost_stuck_look(FrostStuck *self)
{
    if (self->due_us == 0 || frost_kernel_now_us(self->workers->kernel) < self->due_us)
        return;
    self->due_us = 0;
    frost_workers_post_stuck(self->workers);
}

void
frost_stuck_end(FrostStuck *self)
{
    self->due_us = 0;
}

bool
frost_stuck_is_waited_for(const FrostStuck *self)
{
    int64_t wait = wait_us(self);

    return wait > 0 && wait <= self->patience_us;
}
