/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * plan-fixture.h - a fake kernel with an ext4 at "/", and sentences about plans
 */

#include "fake-sys.h"
#include "plan.h"

#define GLOBS(...) ((const char *const[]){__VA_ARGS__, NULL})
#define PLAN_TEST(name) cmocka_unit_test_setup_teardown(name, plan_setup, plan_teardown)

/* The state is a FakeSys. */
int plan_setup(void **state);
int plan_teardown(void **state);

/* @filter: (nullable). Fails the test where there is no plan. */
FrostPlan *plan_make(FakeSys *fake, const FrostPlanFilter *filter);
FrostFilesystem *plan_find(const FrostPlan *plan, const char *mount_point);

/* "/srv freeze, / freeze, /boot sync": all of the plan, in its order. */
void assert_plan(FakeSys *fake, const FrostPlanFilter *filter, const char *expected);
/* There is no plan, for this reason, and nothing is left open. */
void assert_no_plan(FakeSys *fake, FrostPlanError code, const char *part);
/* "0:/upper 1:/lower 1:/": level and mount point of each filesystem that is to be frozen. */
void assert_levels(FakeSys *fake, const FrostPlanFilter *filter, const char *expected);

/* The path in sysfs of a file of the loop device @loop, "backing_file" for example; g_free() it. */
char *loop_attribute(dev_t loop, const char *name);
/* What sysfs shows as the path of its backing file; g_free() it. */
char *path_of_loop_file(FakeSys *fake, dev_t loop);
