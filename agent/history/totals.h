/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * totals.h - how many freezes have ended in which way since the boot, for who counts
 *
 * Kept in the history file, beside the last records, as "totals":
 *
 *   ends           an object: how many freezes ended so, by the words of record-json.h
 *   hook_failures  an object: how many calls of a hook have failed, by its name
 *   last_good_us   when the last freeze that went well was thawed, microseconds since 1970; null
 */

#include "json.h"
#include "record.h"

/* No more hooks are counted by name. */
#define FROST_TOTALS_HOOKS 64

typedef struct {
    char *hook;
    uint64_t failures;
} FrostHookFailures;

typedef struct {
    uint64_t ends[FROST_END_NONE]; /* by FrostEnd */
    GArray *hooks;                 /* of FrostHookFailures */
    int64_t last_good_real_us;     /* 0: none */
} FrostTotals;

FrostTotals *frost_totals_new(void);
void frost_totals_free(FrostTotals *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(FrostTotals, frost_totals_free)

void frost_totals_count(FrostTotals *self, const FrostRecord *record);

QgaValue *frost_totals_to_value(const FrostTotals *self);
/* @value: (nullable). What in it makes no sense counts as 0. */
FrostTotals *frost_totals_from_value(const QgaValue *value);
