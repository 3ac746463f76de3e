/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * guest-fixture.h - a machine, a place jobs, and one answer
 */

#include "blocking-jobs.h"
#include "fake-machine.h"
#include "test-support.h"

/* Generous: only a hang reaches it. */
#define PATIENCE_MS 30000

typedef struct {
    FakeMachine *fake;
    FrostMachine *machine;
    FrostBlockingJobs *jobs;
    bool answered;
    GError *error;
} Guest;

int guest_setup(void **state);
int guest_teardown(void **state);

/* For whoever calls back with an error, or NULL. @user: the Guest. */
void guest_answer(void *user, const GError *error);
void guest_wait(Guest *self);
void guest_assert_journal(Guest *self, const char *expected);
