/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * history.h - the last finished freezes, kept in the state directory
 *
 * One JSON file, put in place whole (a new file is renamed over the old one) and never while
 * anything is frozen. Its form is described in record-json.h. Whoever reads it trusts nothing in
 * it: it may be missing, cut off, foreign or made to harm.
 */

#include <glib.h>
#include <stdbool.h>

#include "json.h"
#include "record.h"

#define FROST_HISTORY_NAME "frost-ga.history.json"
#define FROST_HISTORY_LENGTH 10u
#define FROST_HISTORY_MAX_BYTES (4u * 1024 * 1024)

#define FROST_HISTORY_ERROR (frost_history_error_quark())

typedef enum {
    FROST_HISTORY_ERROR_IO,      /* the file cannot be read or written */
    FROST_HISTORY_ERROR_INVALID, /* damaged, too long, or not a history at all */
    FROST_HISTORY_ERROR_VERSION, /* a history in a form that is not known here */
} FrostHistoryError;

GQuark frost_history_error_quark(void);

/**
 * frost_history_add: puts @record before all others
 *
 * To be called when nothing is frozen: it writes. The oldest are dropped, above
 * FROST_HISTORY_LENGTH or when the file would be longer than FROST_HISTORY_MAX_BYTES. A history
 * that cannot be understood is reported as a warning, and begun anew. When this fails, the file is
 * what it was before. A build without the command that shows it (meson's option cli) keeps none.
 */
bool frost_history_add(const char *statedir, const FrostRecord *record, GError **error);

/**
 * frost_history_load:
 *
 * Returns the records (of FrostRecord), newest first; none where there is no file. Changes nothing.
 */
GPtrArray *frost_history_load(const char *statedir, GError **error);

/* The text of a history file, and the way back; pure. Records are given and returned newest first.
 */
QgaValue *frost_history_to_value(const GPtrArray *records);
GPtrArray *frost_history_parse(const char *text, size_t length, GError **error);
