/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * fake-supervisor.h - a freezer that says what the test tells it to say
 *
 * It keeps the ledger as the real one would: FROZEN marks what is frozen, every event after which
 * nothing is held marks it thawed. What a transaction must never ask (a freeze before it is ready,
 * a finish while something is held, anything after the end) is noted as a violation and fails the
 * test when the fake is freed.
 */

#include "supervisor.h"

typedef struct FakeSupervisor FakeSupervisor;

FakeSupervisor *fake_supervisor_new(void);
/* Fails the running test if there are violations. */
void fake_supervisor_free(FakeSupervisor *self);

FrostSupervisor *fake_supervisor_get(FakeSupervisor *self);

/* The requests so far, in order: "start sync freeze thaw finish"; "adopt" for a take-over. */
const char *fake_supervisor_journal(const FakeSupervisor *self);
/* The last request; "" before the first. */
const char *fake_supervisor_last(const FakeSupervisor *self);
/* The last request if it has had no answer, else "". */
const char *fake_supervisor_awaits(const FakeSupervisor *self);
/* Whether the freezer is ready, and neither finished nor lost: only then can it be lost, or be told
 * to thaw by a signal. */
bool fake_supervisor_is_ready(const FakeSupervisor *self);
/* The ledger with which the freezer was started. */
FrostLedger *fake_supervisor_ledger(const FakeSupervisor *self);
/* Whether the freezer was started or adopts, and has neither finished nor been lost. */
bool fake_supervisor_runs(const FakeSupervisor *self);

/* The kernel refuses to thaw the first filesystem, until it is asked for a thaw again. */
void fake_supervisor_stick(FakeSupervisor *self);
/* A thaw has come, and the kernel still has the first filesystem inside FIFREEZE: until SETTLED. */
void fake_supervisor_keep_freezing(FakeSupervisor *self);
/* The freezer is LOST, and nobody could thaw in its place. */
void fake_supervisor_lose_frozen(FakeSupervisor *self, const char *message);
/* Says it now. FROZEN freezes the first @count filesystems that are to be frozen. @message: of the
 * error that comes with it, or NULL. */
void fake_supervisor_say(FakeSupervisor *self, FrostFreezerEventKind kind, unsigned count,
                         const char *message);
