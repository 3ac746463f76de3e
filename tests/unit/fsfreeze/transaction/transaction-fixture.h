/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * transaction-fixture.h - a transaction among fakes, and ways to bring it into each of its states
 */

#include "fake-hooks.h"
#include "fake-planner.h"
#include "fake-supervisor.h"
#include "fake-sys.h"
#include "ledger.h"
#include "test-support.h"
#include "transaction.h"

typedef struct {
    bool came;
    unsigned times;
    unsigned count;
    GError *error;
    char *hooks; /* what had run when it came */
} Answer;

typedef struct Fixture Fixture;

struct Fixture {
    char *dir;
    FakeSys *fake;
    FakeFs *root;
    FakeFs *srv;
    FakePlanner *planner;
    FakeSupervisor *freezer;
    FakeHooks *hooks;
    FrostTransaction *transaction;
    FrostPlanMode mode;    /* for the next one that is opened */
    unsigned thaw_reply_s; /* the same */
    unsigned budget_s;     /* the same */
    GString *told;         /* "F" and "T", as the agent was told */
    bool inside;           /* a call of the transaction */
    bool bad;              /* answered from inside */
    Answer freeze;
    Answer thaw;
    Answer release;
    GPtrArray *dues; /* what was asked, answered or not */
};

typedef enum {
    STAGE_THAWED,
    STAGE_PLANNING,
    STAGE_STARTING,
    STAGE_SYNCING,
    STAGE_HOOKS,
    STAGE_RESYNCING,
    STAGE_FREEZING,
    STAGE_FROZEN,
    STAGE_THAWING,
    STAGE_UNDOING,
    STAGE_CLOSING,
    STAGES,
} Stage;

void open_transaction(Fixture *f);
int set_up(void **state);
void forget(Answer *answer);
int tear_down(void **state);
void settle(void);
void ask_freeze(Fixture *f, const char *const *mount_points);
void ask_thaw(Fixture *f);
void ask_release(Fixture *f);
/* The machine goes on from a saved state. Nobody is answered. */
void be_restored(Fixture *f);
void say(Fixture *f, FrostFreezerEventKind kind, unsigned count, const char *message);
void end_hook(Fixture *f, const char *message);
/* What was asked last succeeds. False: nothing is asked. */
bool go_on(Fixture *f);
void complete(Fixture *f);
void drive(Fixture *f, Stage stage);
void cycle(Fixture *f);
/* Agent and freezer are killed; a new agent comes. */
void restart(Fixture *f);
/* An earlier agent was killed; its freezer still has the ledger, which is free when freed. */
FrostLedger *hold_elsewhere(Fixture *f);
/* It has thawed, and goes on to undo the hooks. */
void thaw_elsewhere(FrostLedger *holder);
/* It is killed, and all is undone. */
void end_elsewhere(Fixture *f, FrostLedger *holder);
/* Nothing is held, nothing is owed, nobody has it open. */
void assert_all_undone(Fixture *f);
unsigned count_words(const char *text, const char *word);
