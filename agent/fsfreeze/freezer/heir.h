/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * heir.h - the process that becomes the recovery when agent and freezer are gone
 *
 * A sealed freezer can start no program (seal.h), and a recovery must be allowed everything: it
 * runs hooks. So the freezer starts the heir, a child, before it seals itself. The heir is not
 * sealed, and waits:
 *
 *   WAITING -- the freezer gives it the ledger --> the recovery (recovery.h), by an exec
 *           -- the freezer ends without that ----> exit, also where it is told to
 *
 * Of descriptors it has only a socket and the standard streams: it keeps no filesystem busy, and no
 * lock. The freezer does not wait for it before it freezes.
 */

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "ledger-data.h"

typedef struct {
    int socket; /* -1: there is no heir */
    pid_t pid;
    uint64_t start; /* the start time of pid */
    pid_t freezer;  /* who started it: a sealed freezer cannot ask for its own number */
} FrostHeir;

/**
 * frost_heir_start: starts the heir; only before the seal, and before there are other threads
 * @fds: the @count descriptors of this process that the heir closes, beside those in @ledger
 *
 * Returns 0, or a negative errno: then there is no heir.
 */
int frost_heir_start(FrostHeir *out, const FrostLedger *ledger, const int *fds, unsigned count);

/* The heir becomes the recovery, and the ledger names it in place of this freezer, which exits
 * then: the call returns only if the heir is gone. Frozen-safe. */
void frost_heir_succeed(const FrostHeir *self, const FrostLedger *ledger);

/* The same where there is no heir: a child becomes the recovery at once. Only while this process is
 * not sealed. It may have other threads, also inside the kernel: an exec of this process itself
 * would have to wait for them. Returns only if there is no child. Frozen-safe. */
void frost_heir_succeed_by_fork(const FrostLedger *ledger);

/* The heir ends. Waits until it has, but no longer than a second: one that is stopped ends when it
 * goes on. Does nothing if there is none. */
void frost_heir_dismiss(FrostHeir *self);

/* The life of the heir. @socket: its end. */
_Noreturn void frost_heir_wait(int socket);

/* Starts the recovery as a program in place of this process, with the descriptors of the ledger.
 * Returns only if that fails. @lock_fd: -1: none. */
void frost_heir_exec(int ledger_fd, int lock_fd);
