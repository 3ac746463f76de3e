/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * history.h - the records of the last freezes, in a file of the state directory
 *
 * The file (history-text.h) is always replaced as a whole, by a rename, and never while anything is
 * frozen. Reading trusts nothing in it: it may be missing, cut off, of another program, or made to
 * do harm.
 */

#include <glib.h>
#include <stdbool.h>

#include "history-error.h"
#include "record.h"
#include "totals.h"

#define FROST_HISTORY_NAME "frost-ga.history.json"

/**
 * frost_history_add: adds @record as the newest
 *
 * Writes a file, so it must only be called while nothing is frozen. The oldest records are dropped
 * if there are more than FROST_HISTORY_LENGTH, or the file would be longer than
 * FROST_HISTORY_MAX_BYTES. If the old history cannot be read, a warning is logged and a new one is
 * begun. If this fails, the file stays as it was. A build without the command that shows the
 * history (meson's option cli) does not keep one.
 */
bool frost_history_add(const char *statedir, const FrostRecord *record, GError **error);

/**
 * frost_history_load:
 *
 * Returns the records (of FrostRecord), the newest first; an empty list if there is no file.
 */
GPtrArray *frost_history_load(const char *statedir, GError **error);
/* The same, with what was counted since the boot; NULL where this fails. */
GPtrArray *frost_history_load_all(const char *statedir, FrostTotals **out_totals, GError **error);
