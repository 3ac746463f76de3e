/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * check-fixture.h - a made-up system for the checks, and what they find on it
 */

#include "check.h"
#include "fake-sys.h"
#include "test-support.h"

#define ALL_CAPABILITIES "Name:\tcat\nCapEff:\t000001ffffffffff\nSeccomp:\t0\n"

typedef struct {
    FakeSys *fake;
    FakeFs *root;
    FrostConfig *config;
    FrostPlan *plan;
    FrostCheck check;
    char *dir;
} Fixture;

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

/* A root on ext4, and a /tmp on tmpfs. */
int set_up(void **state);
int tear_down(void **state);

/* To be called when the system is complete: makes the plan that the checks need. */
void make_plan(Fixture *f);
/* The first finding whose text has @part; NULL: there is none. */
const FrostFinding *find(const Fixture *f, const char *part);
/* There is such a finding, and it has this grade. */
void assert_found(const Fixture *f, FrostGrade grade, const char *part);
