/* SPDX-License-Identifier: MIT */
#include "transaction-state.h"

#define TO(name) (1u << FROST_STATE_##name)

static const struct {
    const char *name;
    unsigned arrows;
} states[] = {
    [FROST_STATE_THAWED] = {"thawed", TO(PLANNING) | TO(ADOPTING) | TO(ELSEWHERE) | TO(UNDOING)},
    [FROST_STATE_ELSEWHERE] = {"elsewhere", TO(THAWED) | TO(ADOPTING) | TO(UNDOING)},
    [FROST_STATE_ADOPTING] = {"adopting", TO(FROZEN) | TO(REMAINING) | TO(UNDOING)},
    [FROST_STATE_PLANNING] = {"planning", TO(STARTING) | TO(THAWED)},
    [FROST_STATE_STARTING] = {"starting", TO(SYNCING) | TO(THAWING) | TO(UNDOING)},
    [FROST_STATE_SYNCING] = {"syncing", TO(HOOKS) | TO(THAWING) | TO(UNDOING)},
    [FROST_STATE_HOOKS] = {"hooks", TO(RESYNCING) | TO(UNDOING)},
    [FROST_STATE_RESYNCING] = {"resyncing", TO(FREEZING) | TO(THAWING) | TO(UNDOING)},
    [FROST_STATE_FREEZING] = {"freezing", TO(FROZEN) | TO(THAWING) | TO(UNDOING)},
    [FROST_STATE_FROZEN] = {"frozen", TO(THAWING) | TO(ADOPTING) | TO(UNDOING)},
    [FROST_STATE_THAWING] = {"thawing", TO(UNDOING) | TO(FROZEN) | TO(REMAINING)},
    [FROST_STATE_UNDOING] = {"undoing", TO(CLOSING) | TO(THAWED) | TO(REMAINING)},
    [FROST_STATE_REMAINING] = {"remaining", TO(THAWING) | TO(ADOPTING) | TO(CLOSING) | TO(THAWED)},
    [FROST_STATE_CLOSING] = {"closing", TO(THAWED)},
};

const char *
frost_transaction_state_name(FrostTransactionState state)
{
    return states[state].name;
}

const char *
frost_transaction_state_doing(FrostTransactionState state)
{
    static const char *const doing[] = {
        [FROST_STATE_PLANNING] = "looking up mount points",
        [FROST_STATE_STARTING] = "starting its freezer",
        [FROST_STATE_SYNCING] = "writing out",
        [FROST_STATE_HOOKS] = "running its hooks",
        [FROST_STATE_RESYNCING] = "writing out once more",
        [FROST_STATE_FREEZING] = "freezing",
    };

    return state >= FROST_STATE_PLANNING && state <= FROST_STATE_FREEZING
               ? doing[state]
               : "waiting for what a freeze before it has to undo";
}

bool
frost_transaction_state_leads(FrostTransactionState from, FrostTransactionState to)
{
    return states[from].arrows & (1u << to);
}
