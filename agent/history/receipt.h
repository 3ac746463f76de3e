/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * receipt.h - the last freezes as JSON, for programs in the guest and for the host
 *
 * `frost-ga status --json` and the host's command give the same: the history (record-json.h) with
 * one more member, "now", an object with these members:
 *
 *   state          idle, under-way, frozen or unknown
 *   reason         of unknown
 *   id             of the freeze that is under way or holds
 *   mount_points   the filesystems that are held
 *   frozen_for_us  the time since the first FIFREEZE
 *   time_left_us   the time until hold-timeout, or the kernel's limit, ends it
 *
 * A value that there is not is null. packaging/schema/ has a JSON Schema of the whole.
 */

#include <glib.h>

#include "record-json.h"
#include "snapshot.h"

/* Keeps the records of this agent's last freezes in memory, so that no file has to be read while
 * filesystems are frozen. */
typedef struct FrostReceipts FrostReceipts;

/* @statedir: borrowed; its history is read while nothing is frozen. */
FrostReceipts *frost_receipts_new(const char *statedir);
void frost_receipts_free(FrostReceipts *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(FrostReceipts, frost_receipts_free)

/* To be called when a freeze has ended. */
void frost_receipts_add(FrostReceipts *self, const FrostRecord *record);

typedef struct {
    const FrostSnapshot *now;
    int64_t now_us;          /* CLOCK_BOOTTIME */
    const FrostRecord *held; /* (nullable): the record of the freeze that holds now */
    bool is_frozen;          /* a filesystem is frozen or may become so: no file may be read */
    const char *id;          /* (nullable): only the freeze of this id */
    unsigned last;           /* how many records at most, the newest first */
} FrostReceiptQuestion;

QgaValue *frost_receipts_answer(const FrostReceipts *self, const FrostReceiptQuestion *question);

/* @records: of FrostRecord, the newest first. */
QgaValue *frost_receipt_to_value(const GPtrArray *records, const FrostSnapshot *now,
                                 int64_t now_us);
