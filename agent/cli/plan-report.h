/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * plan-report.h - a plan as text and as JSON
 */

#include <glib.h>

#include "json.h"
#include "plan.h"

typedef struct {
    const FrostPlan *plan;
    GArray *dirty;       /* of int64_t, for each filesystem of the plan; -1: not known */
    int64_t total_dirty; /* of the whole machine; -1: not known */
    GPtrArray *notes;    /* of char *: warnings that were logged while the plan was made */
} FrostPlanReport;

/* Reads how much data is dirty. Takes ownership of @notes. */
FrostPlanReport *frost_plan_report_new(const FrostPlan *plan, GPtrArray *notes);
void frost_plan_report_free(FrostPlanReport *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(FrostPlanReport, frost_plan_report_free)

/* The text; g_free() it. */
char *frost_plan_report_draw(const FrostPlanReport *self, bool colour);
QgaValue *frost_plan_report_to_value(const FrostPlanReport *self);
