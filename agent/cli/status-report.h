/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * status-report.h - what `frost-ga status` says, made from what was read
 */

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "json.h"
#include "ledger-peek.h"

/* Everything borrowed. */
typedef struct {
    const FrostPeek *peek;
    int64_t now_us;           /* CLOCK_BOOTTIME */
    const GPtrArray *records; /* of FrostRecord, newest first */
} FrostStatus;

/**
 * frost_status_draw: for a person, at most 80 columns wide; g_free() it
 * @zone: the one times of day are given in
 */
char *frost_status_draw(const FrostStatus *status, GTimeZone *zone, bool colour);

/**
 * frost_status_to_value: for a program
 *
 * The history (record-json.h) with one more member: "now", an object of "state" ("idle",
 * "under-way", "frozen", "unknown"), "reason" (of unknown), "mount_points" (what is held), and
 * "frozen_for_us" (microseconds since the first FIFREEZE); null where there is none.
 */
QgaValue *frost_status_to_value(const FrostStatus *status);
