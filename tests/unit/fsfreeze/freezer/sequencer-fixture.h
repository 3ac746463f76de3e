/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * sequencer-fixture.h - a sequencer with its workers, on filesystems of the fake kernel
 */

#include "fake-plan.h"
#include "fake-sys.h"
#include "ledger-entries.h"
#include "sequencer.h"
#include "test-support.h"

#define FILESYSTEMS_MAX 8

typedef struct {
    char *dir;
    FakeSys *fake;
    FrostPlan *plan;
    FrostLedger *ledger;
    FrostWorkers *workers;
    FrostDiskQueues *queues; /* NULL: none */
    FrostSequencer sequencer;
    FakeFs *fs[FILESYSTEMS_MAX];
    unsigned count;
    unsigned threads;          /* as if no more could be made; 0: all */
    FrostSequencerEvent early; /* run_until_state() has met it; run() returns it */
} Fixture;

int set_up(void **state);
int tear_down(void **state);
/* A filesystem of its own, at /0, /1, ... in the order of the calls. */
FakeFs *add(Fixture *f, unsigned level);
/* The workers are there from here on. */
void begin(Fixture *f);
/* The same, with knobs of the disks, which are closed by tear_down(). */
void begin_with_queues(Fixture *f, FrostDiskQueues *queues);
void begin_with(Fixture *f, const unsigned *levels, unsigned count);
FrostFsState state_of(const Fixture *f, unsigned i);
/* Looks, as the freezer's first thread does, whenever the bell rings. */
FrostSequencerEvent run(Fixture *f);
void freeze(Fixture *f);
void thaw(Fixture *f);
/* Advances until the ledger has the filesystem in this state. */
void run_until_state(Fixture *f, unsigned i, FrostFsState wanted);
/* As the freezer's first thread looks when its timer rings; the clock goes on until then. */
void look_once(Fixture *f);
unsigned count_lines(Fixture *f, const char *line);
/* How often, without an error. */
unsigned count_calls(Fixture *f, const char *call, unsigned i);
void assert_journal(Fixture *f, const char *expected);
