/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * metrics.h - the last freezes for Prometheus, in its text format (0.0.4)
 *
 *   frost_ga_frozen                                something is frozen now
 *   frost_ga_freezes_total{end}                    since the boot, by what ended them
 *   frost_ga_hook_failures_total{hook}             calls of hooks that failed, since the boot
 *   frost_ga_last_good_freeze_timestamp_seconds    when the last one that went well was thawed
 *   frost_ga_last_freeze_timestamp_seconds         when the last one was asked for
 *   frost_ga_last_freeze_window_seconds            from the first FIFREEZE to the last FITHAW
 *   frost_ga_last_freeze_sync_seconds              both rounds of syncing
 *   frost_ga_last_freeze_stall_seconds             one filesystem stood still for so long at most
 *   frost_ga_last_freeze_filesystems{outcome}
 */

#include <glib.h>
#include <stdbool.h>

#include "record.h"
#include "totals.h"

/* @last: (nullable): there was none; what is about it is then left out. g_free() it. */
char *frost_metrics_print(const FrostTotals *totals, const FrostRecord *last, bool is_frozen);
