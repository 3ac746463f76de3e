/* SPDX-License-Identifier: MIT */
#include "stall.h"

#define LOOK_US (100 * 1000)
/* As many are a second. */
#define LOOKS_OF_A_STALL 10

static FrostFsState
state(const FrostLedgerData *ledger, uint32_t i)
{
    return (FrostFsState)atomic_load(&ledger->filesystems[i].state);
}

void
frost_stall_prepare(FrostStall *self, FrostKernel *kernel, const FrostLedgerData *ledger)
{
    if (self->has_counts)
        return;
    self->has_counts = true;
    for (uint32_t i = 0; i < atomic_load(&ledger->count); i++)
        self->counts[i] = kernel->open_disk_count(kernel, ledger->filesystems[i].device);
}

uint64_t
frost_stall_written(const FrostStall *self, FrostKernel *kernel, const FrostLedgerData *ledger)
{
    uint64_t written = 0;

    for (uint32_t i = 0; self->has_counts && i < atomic_load(&ledger->count); i++)
        written += self->counts[i] >= 0 ? kernel->disk_written(kernel, self->counts[i]) : 0;
    return written;
}

void
frost_stall_watch(FrostStall *self, FrostKernel *kernel)
{
    self->still = 0;
    self->look_us = frost_kernel_now_us(kernel) + LOOK_US;
}

void
frost_stall_ignore(FrostStall *self)
{
    self->look_us = 0;
}

bool
frost_stall_look(FrostStall *self, FrostKernel *kernel, const FrostLedgerData *ledger)
{
    unsigned waiting = 0;
    unsigned inside = 0;
    unsigned held = 0;
    uint64_t completed = 0;
    int64_t now_us = frost_kernel_now_us(kernel);

    if (self->look_us == 0 || now_us < self->look_us)
        return false;
    self->look_us = now_us + LOOK_US;
    for (uint32_t i = 0; i < atomic_load(&ledger->count); i++) {
        waiting += state(ledger, i) == FROST_FS_OPEN;
        held += state(ledger, i) == FROST_FS_FROZEN;
        if (state(ledger, i) != FROST_FS_FREEZING)
            continue;
        inside++;
        completed += self->counts[i] >= 0 ? kernel->disk_count(kernel, self->counts[i]) : 0;
    }
    bool is_same = held > 0 && inside > 0 && waiting == self->waiting && inside == self->inside &&
                   completed == self->completed;

    self->still = is_same ? self->still + 1 : 0;
    self->waiting = waiting;
    self->inside = inside;
    self->completed = completed;
    return self->still >= LOOKS_OF_A_STALL;
}
