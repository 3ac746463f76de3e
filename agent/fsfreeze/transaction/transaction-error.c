/* SPDX-License-Identifier: MIT */
#include "transaction-error.h"

#include "degraded.h"
#include "freezer-errors.h"

G_DEFINE_QUARK(frost_transaction_error, frost_transaction_error)

const char *
frost_release_reason(FrostRelease cause)
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
    case FROST_RELEASE_RESTORED:
        return "the machine was restored from a saved state, and the filesystems were thawed";
    case FROST_RELEASE_HOST:
        return "the host thawed it";
    case FROST_RELEASE_NONE:
        break;
    }
    return "for no known reason";
}

GError *
frost_transaction_error_frozen(void)
{
    return g_error_new(FROST_TRANSACTION_ERROR, FROST_TRANSACTION_ERROR_STATE, "already frozen");
}

GError *
frost_transaction_error_held(const FrostLedger *ledger)
{
    const FrostLedgerFs *stuck = ledger ? frost_ledger_find_stuck(ledger) : NULL;
    const FrostLedgerFs *held = ledger ? frost_ledger_find_held(ledger) : NULL;

    if (stuck)
        return g_error_new(FROST_TRANSACTION_ERROR, FROST_TRANSACTION_ERROR_STATE,
                           "%s could not be thawed and is still frozen; the next thaw tries again",
                           stuck->mount_point);
    return g_error_new(FROST_TRANSACTION_ERROR, FROST_TRANSACTION_ERROR_STATE,
                       "the kernel has not finished freezing or thawing %s for an earlier freeze; "
                       "it is thawed as soon as the kernel has",
                       held ? held->mount_point : "all filesystems");
}

GError *
frost_transaction_error_not_adopted(const FrostLedger *ledger, const GError *why)
{
    const FrostLedgerFs *held = frost_ledger_find_held(ledger);

    return g_error_new(why->domain, why->code, "%s; %s stays frozen, and the next thaw tries again",
                       why->message, held ? held->mount_point : "what was left");
}

GError *
frost_transaction_error_released(const char *reason)
{
    return g_error_new(FROST_TRANSACTION_ERROR, FROST_TRANSACTION_ERROR_RELEASED,
                       "the freeze was ended: %s", reason);
}

GError *
frost_transaction_error_unsealed(const FrostLedgerData *ledger)
{
    static const FrostDegraded parts[] = {FROST_DEGRADED_RIGHTS, FROST_DEGRADED_FILES,
                                          FROST_DEGRADED_CALLS};

    for (unsigned i = 0; i < G_N_ELEMENTS(parts); i++) {
        g_autofree char *what = frost_degraded_describe_one(ledger, parts[i]);

        if (what)
            return g_error_new(FROST_TRANSACTION_ERROR, FROST_TRANSACTION_ERROR_UNSEALED,
                               "sandbox=require, but %s", what);
    }
    return NULL;
}

GError *
frost_transaction_error_freezer_told(const FrostLedgerData *ledger)
{
    FrostRelease cause = (FrostRelease)atomic_load(&ledger->release);

    return frost_transaction_error_released(cause == FROST_RELEASE_OPERATOR
                                                ? frost_release_reason(cause)
                                                : "the freezer was told by a signal to thaw");
}

GError *
frost_transaction_error_of_thaw(const FrostLedgerData *ledger, const GError *error)
{
    if (!g_error_matches(error, FROST_FREEZER_ERROR, FROST_FREEZER_ERROR_NOT_HELD))
        return error ? g_error_copy(error) : NULL;
    return g_error_new(FROST_TRANSACTION_ERROR, FROST_TRANSACTION_ERROR_NOT_HELD,
                       "fsfreeze is limited to %u seconds: %s", frost_ledger_owed_limit_s(ledger),
                       error->message);
}
