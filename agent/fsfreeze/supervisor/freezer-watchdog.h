/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * freezer-watchdog.h - by when a freezer owes its agent a sign of life
 *
 * The freezer keeps the limits of the freeze of its own accord. Soon after each of them it should
 * have said something; one that has not is stopped, or stuck where no thread of it should be.
 */

#include <glib.h>
#include <stdint.h>

#include "ledger-data.h"

/* How long a freezer may be silent before it is killed, milliseconds; beyond the limits of the
 * freeze, which it keeps itself. */
typedef struct {
    unsigned start_ms; /* until a program that is started is ready, on a machine short of all */
    unsigned life_ms;  /* to show that it has heard of a thaw, or to keep a deadline */
} FrostFreezerPatience;

/* Part of another struct. Its owner sets the first four fields. */
typedef struct {
    FrostFreezerPatience patience;
    GMainContext *context;
    void (*silent)(void *user); /* nothing was said in time; nothing is owed then */
    void *user;

    GSource *timer; /* NULL: nothing is owed */
} FrostFreezerWatchdog;

/* Each of these replaces what was owed before, unless there is no such limit. @after_ms: so long it
 * may take, and then its patience begins. */
void frost_freezer_watchdog_expect(FrostFreezerWatchdog *self, int64_t after_ms);
/* The freezer was started. */
void frost_freezer_watchdog_expect_ready(FrostFreezerWatchdog *self);
/* @limit_us: from @begun_us on, CLOCK_BOOTTIME; 0: none but that of the window. */
void frost_freezer_watchdog_expect_by(FrostFreezerWatchdog *self, const FrostLedgerData *data,
                                      int64_t now_us, int64_t begun_us, int64_t limit_us);
/* The end of what is being synced at present. */
void frost_freezer_watchdog_expect_synced(FrostFreezerWatchdog *self, const FrostLedgerData *data);
/* Nothing is owed any more. */
void frost_freezer_watchdog_rest(FrostFreezerWatchdog *self);
