/* SPDX-License-Identifier: MIT */
#include "freezer-loss.h"

void
frost_freezer_loss_note(FrostLedger *ledger)
{
    FrostLedgerData *data = ledger->data;
    uint32_t none = FROST_RELEASE_NONE;

    if (atomic_load(&data->frozen_us) != 0 &&
        atomic_compare_exchange_strong(&data->release, &none, FROST_RELEASE_FREEZER_LOST))
        atomic_store(&data->owed, FROST_RELEASE_FREEZER_LOST);
}

void
frost_freezer_loss_take_back(FrostLedger *ledger)
{
    FrostLedgerData *data = ledger->data;
    uint32_t lost = FROST_RELEASE_FREEZER_LOST;

    if (frost_ledger_count(ledger, FROST_FS_THAWED) > 0 ||
        frost_ledger_count(ledger, FROST_FS_LOST) > 0 ||
        !atomic_compare_exchange_strong(&data->release, &lost, FROST_RELEASE_NONE))
        return;
    atomic_store(&data->owed, FROST_RELEASE_NONE);
}
