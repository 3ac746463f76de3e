/* SPDX-License-Identifier: MIT */
#include "ledger-data.h"

#include <stddef.h>

void
frost_ledger_add_disk(FrostLedgerData *data, uint64_t device)
{
    FrostLedgerDisk *empty = NULL;

    for (uint32_t i = FROST_LEDGER_DISKS; i-- > 0;) {
        if (data->disks[i].device == device)
            return;
        if (data->disks[i].device == 0)
            empty = &data->disks[i];
    }
    if (empty)
        empty->device = device;
}

bool
frost_ledger_owes_knobs(const FrostLedgerData *data)
{
    for (uint32_t i = 0; i < FROST_LEDGER_DISKS; i++) {
        if (atomic_load(&data->disks[i].turned_by) != 0)
            return true;
    }
    return false;
}
