/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * supervisor-fixture.h - both sides of the freezer, as two processes
 *
 * A test program is the agent. frost_supervisor_new() starts the same program again as the freezer,
 * and the freezer starts it again as the recovery.
 */

#include "ledger.h"
#include "plan.h"
#include "shared-sys.h"
#include "supervisor.h"
#include "test-support.h"

/* In the environment: the freezer ends before it is ready. */
#define BROKEN "FROST_TEST_BROKEN_FREEZER"
/* The plan has so many filesystems to be frozen, /0 to /2, and one to be synced, /3. */
#define FREEZABLE 3u

typedef struct {
    char *dir;
    SharedSys *kernel;
    FrostSys sys;
    FrostPlan *plan;
    FrostLedger *ledger;
    FrostSupervisor *freezer;
    GString *events;            /* the names of all events so far */
    FrostFreezerEventKind kind; /* the rest is of the last event */
    unsigned count;
    GError *error;
    bool came;
} Fixture;

#define FIXTURE_TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int set_up(void **state);
int tear_down(void **state);

/* Notes the event in the Fixture @user. */
void on_event(void *user, const FrostFreezerEvent *event);
/* Waits for the next event. */
FrostFreezerEventKind next_event(Fixture *f);

/* Each asks the freezer, and waits for its answer. */
void start(Fixture *f);
void start_and_freeze(Fixture *f);
void thaw_and_finish(Fixture *f);

/* Nothing is frozen, and each successful FIFREEZE had exactly one FITHAW. */
void assert_thawed_once_each(Fixture *f);
/* Waits until the first thread of @pid, which must not be gone, is in this state, as /proc shows
 * it.
 */
void wait_for_process_state(int pid, char wanted);
/* Filesystem @i is frozen, and an earlier freezer has left it in @state. */
void leave_frozen(Fixture *f, unsigned i, FrostFsState state);

/* The main() of a test program: runs a freezer, a recovery, or @run_cases. */
int supervisor_test_main(int argc, char **argv, int (*run_cases)(void));
