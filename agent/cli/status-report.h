/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * status-report.h - the output of `frost-ga status`, as text
 */

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "snapshot.h"

/* All borrowed. */
typedef struct {
    const FrostSnapshot *snapshot;
    int64_t now_us;             /* CLOCK_BOOTTIME */
    const GPtrArray *records;   /* of FrostRecord, newest first */
    const GPtrArray *processes; /* of the agent that runs beside (agent-processes.h) */
} FrostStatus;

/**
 * frost_status_draw: text of at most 80 columns; g_free() it
 * @zone: the time zone of the times in it
 */
char *frost_status_draw(const FrostStatus *status, GTimeZone *zone, bool colour);
