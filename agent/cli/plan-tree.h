/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * plan-tree.h - draws the filesystems that are to be frozen, and which stands on which
 *
 * An upper filesystem is drawn above the lower one that it stands on, so the order from top to
 * bottom is that of the freeze. One that stands on several is drawn above the first of them.
 */

#include "page.h"
#include "plan-report.h"

void frost_plan_tree_draw(const FrostPlanReport *report, FrostPage *page);
