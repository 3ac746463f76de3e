/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * hook-report.h - the result of one call of a hook, as text and as JSON
 */

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "json.h"
#include "ledger-data.h"

typedef struct {
    const char *call;   /* "10-mysql freeze" */
    const char *result; /* "ok", "ready", or what went wrong */
    const char *output;
    int64_t took_us;       /* -1: it did not run */
    const char *processes; /* (nullable): the processes that it has left running */
    const char *log;       /* (nullable): what it has appended to its own log file */
} FrostHookReport;

/* How long @call has taken, in microseconds; -1: it has not run. */
int64_t frost_hook_report_time(const FrostLedgerData *ledger, const char *call);
/* One line, and the details in indented lines; g_free() it. */
char *frost_hook_report_draw(const FrostHookReport *self);
/* {"call", "result", "output", "took_us" or null, "guess", "processes" or null, "log" or null} */
QgaValue *frost_hook_report_to_value(const FrostHookReport *self);
