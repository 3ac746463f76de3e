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

static FrostLedgerFs *
entry(const FrostStuck *self, uint32_t i)
{
    return &self->workers->ledger->filesystems[i];
}

static bool
any(const FrostStuck *self, bool is_open)
{
    for (uint32_t i = 0; i < count_of(self); i++) {
        if (atomic_load(&entry(self, i)->state) == FROST_FS_STUCK &&
            self->workers->is_open[i] == is_open)
            return true;
    }
    return false;
}

static bool
step_to_frozen(const FrostStuck *self, uint32_t i)
{
    return self->workers->is_open[i] &&
           frost_ledger_step(entry(self, i), FROST_FS_STUCK, FROST_FS_FROZEN);
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
    frost_workers_keep_one(self->workers, true);
    for (uint32_t i = 0; i < count_of(self); i++)
        step_to_frozen(self, i);
}

bool
frost_stuck_any(const FrostStuck *self)
{
    return any(self, true);
}

bool
frost_stuck_is_waited_for(const FrostStuck *self)
{
    return self->wait_us <= self->patience_us && any(self, true);
}

void
frost_stuck_try_again(FrostStuck *self)
{
    self->wait_us = MIN(self->wait_us * 2, LAST_WAIT_US);
    for (uint32_t i = 0; i < count_of(self); i++) {
        if (step_to_frozen(self, i))
            frost_workers_post_first(self->workers, FROST_TASK_THAW, i);
    }
    if (self->wait_us > KEEP_US)
        frost_workers_keep_one(self->workers, false);
}

bool
frost_stuck_any_out_of_reach(const FrostStuck *self)
{
    return any(self, false);
}
