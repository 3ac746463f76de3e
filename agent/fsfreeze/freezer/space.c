/* SPDX-License-Identifier: MIT */
#include "space.h"

#include <string.h>

static bool
any_hides_it(const FrostLedgerData *ledger)
{
    for (uint32_t i = 0; i < atomic_load(&ledger->count); i++) {
        if (strcmp(ledger->filesystems[i].fs_type, "btrfs") == 0)
            return true;
    }
    return false;
}

void
frost_space_begin(FrostSpace *self, const FrostLedgerData *ledger)
{
    memset(self->free, 0, sizeof self->free);
    atomic_store(&self->taken, 0);
    self->is_known = !any_hides_it(ledger);
}

bool
frost_space_is_answered(const FrostSpace *self)
{
    return atomic_load(&self->answered) == self->asked;
}

bool
frost_space_ask(FrostSpace *self)
{
    if (!self->is_known || !frost_space_is_answered(self))
        return false;
    self->asked++;
    return true;
}

void
frost_space_answer(FrostSpace *self, FrostKernel *kernel, const FrostLedgerData *ledger)
{
    uint64_t taken = 0;

    for (uint32_t i = 0; i < atomic_load(&ledger->count); i++) {
        int fd = ledger->filesystems[i].fd;
        uint64_t now = fd >= 0 ? kernel->free_space(kernel, fd) : 0;

        if (now != 0 && now < self->free[i])
            taken += self->free[i] - now;
        self->free[i] = now;
    }
    atomic_fetch_add(&self->taken, taken);
    atomic_fetch_add(&self->answered, 1);
}
