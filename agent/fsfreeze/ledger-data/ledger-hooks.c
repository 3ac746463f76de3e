/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "ledger-data.h"

FrostLedgerHook *
frost_ledger_add_hook(FrostLedger *self, const char *name)
{
    FrostLedgerData *data = self->data;
    uint32_t count = atomic_load(&data->hook_count);

    if (count >= FROST_LEDGER_HOOKS)
        return NULL;
    FrostLedgerHook *hook = &data->hooks[count];
    memset(hook, 0, sizeof *hook);
    memcpy(hook->name, name, strnlen(name, sizeof hook->name - 1));
    atomic_store(&data->hook_count, count + 1);
    return hook;
}

bool
frost_ledger_owes_hooks(const FrostLedgerData *data)
{
    for (uint32_t i = 0; i < atomic_load(&data->hook_count); i++) {
        if (atomic_load(&data->hooks[i].state) != FROST_HOOK_IDLE)
            return true;
    }
    return false;
}

bool
frost_hook_side_has_failed(const FrostHookSide *side)
{
    switch ((FrostHookSideResult)atomic_load(&side->result)) {
    case FROST_HOOK_SIDE_ENDED:
        return atomic_load(&side->status) != 0;
    case FROST_HOOK_SIDE_TIMED_OUT:
    case FROST_HOOK_SIDE_NOT_STARTED:
    case FROST_HOOK_SIDE_REFUSED:
    case FROST_HOOK_SIDE_DIED:
        return true;
    case FROST_HOOK_SIDE_NONE:
    case FROST_HOOK_SIDE_READY:
    case FROST_HOOK_SIDE_GONE:
        break;
    }
    return false;
}

const FrostLedgerHook *
frost_ledger_find_broken(const FrostLedgerData *data)
{
    for (uint32_t i = 0; i < atomic_load(&data->hook_count); i++) {
        const FrostLedgerHook *hook = &data->hooks[i];

        if (hook->is_required &&
            atomic_load(&hook->sides[FROST_HOOK_THAW].result) == FROST_HOOK_SIDE_DIED)
            return hook;
    }
    return NULL;
}
