/* SPDX-License-Identifier: MIT */
#include "stuck.h"

#include <sys/param.h>

#define FIRST_WAIT_US (1000ll * 1000)
#define LAST_WAIT_US (1024 * FIRST_WAIT_US)
/* While it waits no longer than this for a try, a worker is kept. */
#define KEEP_US (2 * FIRST_WAIT_US)

static uint32_t
count_of(const FrostStuck *self)
{
    return atomic_load(&self->workers->ledger->count);
}

static bool
any(const FrostStuck *self, bool is_open)
{
    for (uint32_t i = 0; i < count_of(self); i++) {
        if (atomic_load(&self->workers->ledger->filesystems[i].state) == FROST_FS_STUCK &&
            self->workers->is_open[i] == is_open)
            return true;
    }
    return false;
}

static void
post_all(const FrostStuck *self)
{
    for (uint32_t i = 0; i < count_of(self); i++)
        frost_workers_post_stuck(self->workers, i);
}

void
frost_stuck_init(FrostStuck *self, FrostWorkers *workers)
{
    *self = (FrostStuck){.workers = workers, .wait_us = FIRST_WAIT_US};
}

void
frost_stuck_begin(FrostStuck *self)
{
    self->wait_us = FIRST_WAIT_US;
    self->due_us = 0;
    frost_workers_keep_one(self->workers, true);
    post_all(self);
}

void
frost_stuck_plan(FrostStuck *self)
{
    if (self->due_us == 0 && any(self, true))
        self->due_us = frost_kernel_now_us(self->workers->kernel) + self->wait_us;
}

void
frost_stuck_look(FrostStuck *self)
{
    if (self->due_us == 0 || frost_kernel_now_us(self->workers->kernel) < self->due_us)
        return;
    self->due_us = 0;
    self->wait_us = MIN(self->wait_us * 2, LAST_WAIT_US);
    post_all(self);
    if (self->wait_us > KEEP_US)
        frost_workers_keep_one(self->workers, false);
}

void
frost_stuck_end(FrostStuck *self)
{
    self->due_us = 0;
}

bool
frost_stuck_is_waited_for(const FrostStuck *self)
{
    return self->wait_us <= self->patience_us && any(self, true);
}

bool
frost_stuck_any_out_of_reach(const FrostStuck *self)
{
    return any(self, false);
}
