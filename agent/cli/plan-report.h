/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * plan-report.h - a plan for a person, and for a program
 */

#include <glib.h>

#include "json.h"
#include "plan.h"

typedef struct {
    const FrostPlan *plan;
    GArray *dirty;       /* of int64_t, for each filesystem of the plan; -1: not known */
    int64_t total_dirty; /* of the machine; -1 */
    GPtrArray *notes;    /* of char *: what was said while it was made */
} FrostPlanReport;

/* Asks for the dirty data. @notes is taken. */
FrostPlanReport *frost_plan_report_new(const FrostPlan *plan, GPtrArray *notes);
void frost_plan_report_free(FrostPlanReport *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(FrostPlanReport, frost_plan_report_free)

/* g_free() it. */
char *frost_plan_report_draw(const FrostPlanReport *self, bool colour);
QgaValue *frost_plan_report_to_value(const FrostPlanReport *self);
