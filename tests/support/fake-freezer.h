/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * fake-freezer.h - a freezer that says what the test tells it to say
 *
 * It keeps the ledger as the real one would: FROZEN marks what is frozen, every event after which
 * nothing is held marks it thawed. What a transaction must never ask (a freeze before it is ready,
 * a finish while something is held, anything after the end) is noted as a violation and fails the
 * test when the fake is freed.
 */

#include "freezer.h"

typedef struct FakeFreezer FakeFreezer;

FakeFreezer *fake_freezer_new(void);
/* Fails the running test if there are violations. */
void fake_freezer_free(FakeFreezer *self);

FrostFreezer *fake_freezer_get(FakeFreezer *self);

/* What it has been asked, in order: "start sync freeze thaw finish"; "adopt" for a take-over. */
const char *fake_freezer_journal(const FakeFreezer *self);
/* What it was asked last; "" before the first. */
const char *fake_freezer_last(const FakeFreezer *self);
/* What it was asked last, if that has had no answer; else "". */
const char *fake_freezer_awaits(const FakeFreezer *self);
/* Ready, and neither finished nor lost: it may be lost, or told by a signal to thaw. */
bool fake_freezer_is_ready(const FakeFreezer *self);
/* The ledger that it was started with. */
FrostLedger *fake_freezer_ledger(const FakeFreezer *self);
/* Started or adopting, and neither finished nor lost. */
bool fake_freezer_runs(const FakeFreezer *self);

/* The kernel refuses to thaw the first filesystem, until it is asked for a thaw again. */
void fake_freezer_stick(FakeFreezer *self);
/* LOST, and nothing could be thawed in its place. */
void fake_freezer_lose_frozen(FakeFreezer *self, const char *message);
/* Says it now. FROZEN freezes the first @count filesystems that are to be frozen. @message: of the
 * error that comes with it, or NULL. */
void fake_freezer_say(FakeFreezer *self, FrostFreezerEventKind kind, unsigned count,
                      const char *message);
