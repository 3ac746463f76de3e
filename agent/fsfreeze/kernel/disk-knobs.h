/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * disk-knobs.h - a short queue in front of a disk while much is written out, and no longer
 *
 * A program that calls fsync waits for all that is in the disk's queue before its own write, and it
 * does so several times. Two limits of the kernel keep that queue short: how many requests it
 * takes, and how long one may be. They act on everything that uses the disk. While frost-ga has
 * them turned, a note in the ledger says so, beside their old values; if the freezer dies, another
 * process finds the note and puts the old values back.
 *
 * The note is the number of the freezer that has turned them (ledger-data.h). A process that puts
 * old values back late does not take the note of a later freezer for its own.
 *
 * Each write to a knob waits until the disk has completed what is in its queue, and a reader waits
 * for the write. So a thread that others wait for does neither; to open a knob waits for nothing.
 */

#include <stdatomic.h>
#include <stdint.h>

#include "kernel.h"

/* Opens the knobs of @device. 0, or a negative errno; -ENOENT: it has none, as a partition, or a
 * volume that passes its requests on. Then nothing is open. */
int frost_disk_knobs_open(FrostKernel *kernel, uint64_t device, int out_fds[FROST_KNOBS]);

/* Sets them to @values, or leaves a knob alone where its old value is as low. Without a note, the
 * values of now become @old. 0, or the errno of a refusal, negative. @owner: the calling freezer's
 * number. */
int frost_disk_knobs_turn(FrostKernel *kernel, const int fds[FROST_KNOBS],
                          const uint32_t values[FROST_KNOBS], uint32_t old[FROST_KNOBS],
                          _Atomic uint32_t *note, uint32_t owner);
/* Sets those that are lower than @old to it. One that has been raised meanwhile, by an
 * administrator or another agent, stays: a value of ours cannot be told from one that was lowered.
 * What a disk refuses now, it has lost: it is gone, or has another scheduler. A note that is not
 * @owner's stays: a later freezer puts back the same values. */
void frost_disk_knobs_put_back(FrostKernel *kernel, const int fds[FROST_KNOBS],
                               const uint32_t old[FROST_KNOBS], _Atomic uint32_t *note,
                               uint32_t owner);
/* The same after a death: opens the knobs. Does nothing without a note. */
void frost_disk_knobs_recover(FrostKernel *kernel, uint64_t device, const uint32_t old[FROST_KNOBS],
                              _Atomic uint32_t *note);
