/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * plan-tree.h - what is to be frozen, as what stands on what
 *
 * The picture is upright: what stands on something is drawn above it, and so in the order of the
 * freeze. What stands on several is drawn above the first of them.
 */

#include "page.h"
#include "plan-report.h"

void frost_plan_tree_draw(const FrostPlanReport *report, FrostPage *page);
