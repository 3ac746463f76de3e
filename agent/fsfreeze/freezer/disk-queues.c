/* SPDX-License-Identifier: MIT */
#include "disk-queues.h"

#include <errno.h>

#include "disk-knobs.h"

/* The fewest that the kernel allows. */
#define REQUESTS 4

_Static_assert((int)FROST_LEDGER_KNOBS == (int)FROST_KNOBS, "the ledger has room for each knob");

static void
note_lack(FrostDiskQueues *self, int r)
{
    if (r < 0)
        atomic_store(&self->ledger->degraded[FROST_DEGRADED_PACE], -r);
}

static void
open_disk(FrostDiskQueues *self, unsigned i)
{
    const FrostLedgerDisk *disk = &self->ledger->disks[i];
    int r = frost_disk_knobs_open(self->kernel, disk->device, self->fds[i]);

    if (r < 0) {
        note_lack(self, r == -ENOENT ? 0 : r);
        return;
    }
    self->is_open[i] = true;
    self->count++;
}

void
frost_disk_queues_open(FrostDiskQueues *out, FrostKernel *kernel, FrostLedgerData *ledger,
                       uint32_t owner)
{
    *out = (FrostDiskQueues){.kernel = kernel, .ledger = ledger, .owner = owner};
    for (unsigned i = 0; i < FROST_LEDGER_DISKS; i++) {
        if (ledger->disks[i].device != 0)
            open_disk(out, i);
    }
}

static void
turn(FrostDiskQueues *self, unsigned i, uint32_t kib)
{
    FrostLedgerDisk *disk = &self->ledger->disks[i];
    const uint32_t values[FROST_KNOBS] = {[FROST_KNOB_REQUESTS] = REQUESTS, [FROST_KNOB_KIB] = kib};

    if (kib == FROST_QUEUE_NORMAL) {
        frost_disk_knobs_put_back(self->kernel, self->fds[i], disk->old, &disk->turned_by,
                                  self->owner);
        return;
    }
    note_lack(self, frost_disk_knobs_turn(self->kernel, self->fds[i], values, disk->old,
                                          &disk->turned_by, self->owner));
    for (int knob = 0; knob < FROST_KNOBS; knob++)
        disk->used[knob] = values[knob];
}

void
frost_disk_queues_follow(FrostDiskQueues *self, unsigned i)
{
    uint32_t wanted;

    do {
        if (atomic_exchange(&self->busy[i], true))
            return;
        wanted = atomic_load(&self->wanted);
        if (wanted != atomic_load(&self->has[i]))
            turn(self, i, wanted);
        atomic_store(&self->has[i], wanted);
        atomic_store(&self->busy[i], false);
    } while (wanted != atomic_load(&self->wanted));
}

bool
frost_disk_queues_have_followed(const FrostDiskQueues *self)
{
    uint32_t wanted = atomic_load(&self->wanted);

    for (unsigned i = 0; i < FROST_LEDGER_DISKS; i++) {
        if (self->is_open[i] && atomic_load(&self->has[i]) != wanted)
            return false;
    }
    return true;
}
