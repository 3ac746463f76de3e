/* SPDX-License-Identifier: MIT */
#include "debt.h"

/* Where no limit was set: how long it was held. */
static unsigned
held_s(const FrostLedgerData *ledger)
{
    int64_t held_us =
        atomic_load(&ledger->step_us[FROST_STEP_THAWED]) - atomic_load(&ledger->frozen_us);

    return (unsigned)CLAMP(held_us / 1000000, 0, G_MAXINT);
}

FrostDebt
frost_debt_of_ledger(const FrostLedgerData *ledger)
{
    unsigned limit_s = atomic_load(&ledger->owed_limit_s);

    return (FrostDebt){.cause = (FrostRelease)atomic_load(&ledger->owed),
                       .limit_s = limit_s != 0 ? limit_s : held_s(ledger)};
}

void
frost_debt_settle(FrostDebt *self, const char *statedir)
{
    *self = (FrostDebt){0};

    /* Also while a freezer that is late has the lock: it writes this no more. */
    g_autoptr(FrostLedger) ledger = frost_ledger_open_beside(statedir);
    if (ledger && atomic_load(&ledger->data->owed) != FROST_RELEASE_NONE)
        atomic_store(&ledger->data->owed, FROST_RELEASE_NONE);
}

const char *
frost_debt_reason(FrostRelease cause)
{
    switch (cause) {
    case FROST_RELEASE_DEADLINE:
        return "this time had passed, and the filesystems were thawed";
    case FROST_RELEASE_SIGNAL:
        return "the agent was told to end, and thawed the filesystems";
    case FROST_RELEASE_PORT_LOST:
        return "the port was lost, and the agent thawed the filesystems";
    case FROST_RELEASE_AGENT_LOST:
        return "the agent was lost, and the filesystems were thawed";
    case FROST_RELEASE_FREEZER_LOST:
        return "the freezer process was lost, and the filesystems were thawed";
    case FROST_RELEASE_FOREIGN:
        return "somebody else thawed a filesystem";
    case FROST_RELEASE_OPERATOR:
        return "somebody in the guest called frost-ga thaw";
    case FROST_RELEASE_HOST:
        return "the host thawed it";
    case FROST_RELEASE_NONE:
        break;
    }
    return "for no known reason";
}

GError *
frost_debt_error(const FrostDebt *self, GQuark quark, int code)
{
    if (self->cause == FROST_RELEASE_NONE)
        return NULL;
    return g_error_new(quark, code, "fsfreeze is limited to %u seconds: %s before the host's thaw",
                       self->limit_s, frost_debt_reason(self->cause));
}
