/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * fake-hooks.h - hooks that end when, and as, the test says
 *
 * They keep the ledger as the real ones would. A side that is begun while another runs, and a
 * freeze side that was never undone, are violations and fail the test when the fake is freed.
 */

#include "hooks.h"

typedef struct FakeHooks FakeHooks;

FakeHooks *fake_hooks_new(void);
/* Fails the running test if there are violations. */
void fake_hooks_free(FakeHooks *self);

FrostHooks *fake_hooks_get(FakeHooks *self);

/* What ran, in order: "freeze thaw"; "cancel" for one that was to be ended. A thaw that had nothing
 * to undo is not in it: it ends by itself, from the main loop. */
const char *fake_hooks_journal(const FakeHooks *self);
bool fake_hooks_run(const FakeHooks *self);
/* The agent that runs the hooks is gone: the end of what runs is reported to nobody. */
void fake_hooks_forget(FakeHooks *self);
/* Ends what runs now: with success, or with an error of this text. */
void fake_hooks_end(FakeHooks *self, const char *message);
