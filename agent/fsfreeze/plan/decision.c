/* SPDX-License-Identifier: MIT */
#include "decision.h"

static const char *const DECISION_NAMES[] = {
    [FROST_DECISION_FREEZE] = "freeze",           [FROST_DECISION_SYNC] = "sync",
    [FROST_DECISION_READ_ONLY] = "read-only",     [FROST_DECISION_EXCLUDED] = "excluded",
    [FROST_DECISION_NOT_LISTED] = "not-listed",   [FROST_DECISION_UNTOUCHED] = "untouched",
    [FROST_DECISION_UNREACHABLE] = "unreachable", [FROST_DECISION_GONE] = "gone",
    [FROST_DECISION_IN_MEMORY] = "in-memory",     [FROST_DECISION_ELSEWHERE] = "elsewhere",
};

const char *
frost_decision_name(FrostDecision decision)
{
    return DECISION_NAMES[decision];
}
