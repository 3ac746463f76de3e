/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * fake-plan.h - a plan put together by hand, for what stands behind the plan
 */

#include "plan.h"

FrostPlan *fake_plan_new(FrostSys *sys);
void fake_plan_free(FrostPlan *self);

/* Opens @mount_point at the plan's FrostSys and enters it as @verdict says; one at a time it would
 * come after all that were added before. Fails the running test if it cannot be opened. */
void fake_plan_add(FrostPlan *self, const char *mount_point, FrostDecision decision,
                   unsigned level);
