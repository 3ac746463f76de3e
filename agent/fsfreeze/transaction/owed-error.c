/* SPDX-License-Identifier: MIT */
#include "owed-error.h"

#include "transaction-error.h"
#include "unmapped-ledger.h"

FrostOwedError
frost_owed_error_of_ledger(const FrostLedgerData *ledger)
{
    return (FrostOwedError){.cause = (FrostRelease)atomic_load(&ledger->owed),
                            .limit_s = frost_ledger_owed_limit_s(ledger)};
}

void
frost_owed_error_settle(FrostOwedError *self, FrostLedger *ledger, const char *statedir)
{
    g_autoptr(FrostLedger) beside = NULL;

    if (self->cause == FROST_RELEASE_NONE)
        return;
    *self = (FrostOwedError){0};
    /* Also while a freezer that is late has the lock: it writes this no more. */
    if (!ledger)
        ledger = beside = frost_ledger_open_beside(statedir);
    if (ledger && atomic_load(&ledger->data->owed) != FROST_RELEASE_NONE)
        atomic_store(&ledger->data->owed, FROST_RELEASE_NONE);
}

void
frost_owed_error_read(FrostOwedError *self, const char *statedir)
{
    g_autofree FrostLedgerData *data = frost_unmapped_ledger_read(statedir);

    if (data && self->cause == FROST_RELEASE_NONE)
        *self = frost_owed_error_of_ledger(data);
}

GError *
frost_owed_error_make(const FrostOwedError *self)
{
    if (self->cause == FROST_RELEASE_NONE)
        return NULL;
    return g_error_new(FROST_TRANSACTION_ERROR, FROST_TRANSACTION_ERROR_NOT_HELD,
                       "fsfreeze is limited to %u seconds: %s before the host's thaw",
                       self->limit_s, frost_release_reason(self->cause));
}
