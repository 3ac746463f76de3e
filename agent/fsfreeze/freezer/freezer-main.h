/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * freezer-main.h - the freezer process: holds the filesystems' descriptors, freezes, and thaws
 *
 * The agent starts the freezer as a new process of the same program. The freezer starts its heir
 * and its workers, seals itself (seal.h), and is ready. Its first thread then makes no call that
 * can block, except to wait at its end for the end of the heir, a second at most. It polls for four
 * events:
 *
 *   a command of the agent | the end of the socket: the agent is gone | SIGTERM | the workers' bell
 *
 * After each wake-up it first checks that it still owns the ledger (ledger-data.h). It exits only
 * when everything is thawed, except what the kernel refuses to thaw; the ledger still names that.
 * If the ledger is in memory, it tries again before; it stays for ever, if no hook waits for it.
 * An agent that kills a freezer starts another one over the same ledger. The states:
 *
 *   SERVING        -> RELEASED         SIGTERM: thaws, and begins no other sync or freeze
 *                  -> DISMISSED        the agent's FINISH, nothing is held
 *                  -> DISMISSED_LATE   the same, something is still held: thaws
 *                  -> ORPHANED         the end of the socket: thaws
 *   RELEASED       -> DISMISSED        as from SERVING
 *                  -> DISMISSED_LATE
 *                  -> ORPHANED
 *   DISMISSED      -> ORPHANED         the end of the socket
 *   DISMISSED_LATE -> ORPHANED
 *
 * In any state, if the ledger has another owner: exits at once, and touches nothing.
 *
 * A freezer that is DISMISSED, DISMISSED_LATE or ORPHANED exits once nothing is held, and no thread
 * is inside a call, also none of an earlier freezer (leftovers.h). After a thaw, or then, it closes
 * the filesystems, tells the agent that it has LEFT them, and stays until the end of the socket:
 * the agent's answer must not wait for the end of a process. A DISMISSED freezer leaves the ledger
 * to the agent, which has ended it. A DISMISSED_LATE freezer ends the ledger itself. An ORPHANED
 * freezer hands the ledger to its heir (heir.h), which becomes the recovery and undoes the hooks.
 * If there is none, the hooks wait for the next agent.
 *
 * FITHAW may wait for another filesystem that is still frozen. If the freezer has no descriptor of
 * that one, or each of its threads is inside a call, only another freezer can end the wait. One
 * that has no thread left tells the agent, which kills it and starts another. An ORPHANED one that
 * finds out either, after FROST_THAW_WAIT_MS or later, exits although threads are inside FITHAW:
 * the next agent waits for the ledger's lock.
 */

#include <stdbool.h>
#include <stdint.h>

#include "kernel.h"

/* The arguments after the program's name: --freezer COMMAND_FD LEDGER_FD LOCK_FD OWNER */
typedef struct {
    int command_fd; /* the freezer's end of the socket pair */
    int ledger_fd;
    int lock_fd;    /* -1: the ledger is in memory, and has no lock */
    uint32_t owner; /* this freezer's number; see "Ownership" in ledger-data.h */
} FrostFreezerTerms;

/* False if these are not the arguments of a freezer. No heap. */
bool frost_freezer_terms_parse(FrostFreezerTerms *out, int argc, char *const *argv);

/**
 * frost_freezer_main: runs the freezer, and ends the process
 *
 * Returns only if the freezer could not begin; the result is then an exit status.
 * Frozen-safe: no heap, no GLib.
 */
int frost_freezer_main(FrostKernel kernel, const FrostFreezerTerms *terms);
