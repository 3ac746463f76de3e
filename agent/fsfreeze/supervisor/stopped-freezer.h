/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * stopped-freezer.h - a freezer that is not ours, and is stopped (SIGSTOP)
 *
 * It thaws nothing and has the ledger's lock, so that no other process can; a recovery that is
 * stopped undoes no hooks, and keeps every freeze waiting. An agent that waits for that lock looks
 * at it now and then; one that stays stopped for as long as an agent gives its freezer to show a
 * sign of life is killed. That frees the lock; if the agent of it lives, it starts another one.
 * Killed while it is stopped, it does nothing any more.
 */

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* Zeroed before the first look. */
typedef struct {
    unsigned stopped_ms; /* it was, at each look for so long */
} FrostStoppedFreezer;

/**
 * frost_stopped_freezer_look:
 * @pid, @start: as the ledger names it; another process that has that pid by now is left alone
 * @since_ms: the time since the look before
 *
 * True: it was stopped for too long, and has been killed.
 */
bool frost_stopped_freezer_look(FrostStoppedFreezer *self, pid_t pid, uint64_t start,
                                unsigned since_ms);
