/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * history-text.h - the text of the file with the last freezes
 *
 * It is one object of JSON (record-json.h). Each freeze has a line of its own, so that another can
 * be added without all of them being in memory as trees; but for that, lines mean nothing. All
 * functions are pure.
 */

#include <glib.h>
#include <stddef.h>

#include "json.h"
#include "record.h"
#include "totals.h"

#define FROST_HISTORY_LENGTH 10u
#define FROST_HISTORY_MAX_BYTES (4u * 1024 * 1024)

/* The document with these records (of FrostRecord), or with freezes that are JSON already, an
 * array, which is taken. The newest is the first, here and below. */
QgaValue *frost_history_to_value(const GPtrArray *records);
QgaValue *frost_history_document(QgaValue *freezes);

/* The records, and what was counted since the boot; NULL with a FrostHistoryError: it is no
 * history. */
GPtrArray *frost_history_parse(const char *text, size_t length, FrostTotals **out_totals,
                               GError **error);
/* The same as texts, each record as it is printed (of char *). Where each has a line, only one is
 * in memory as a tree at a time. @text: ends with a NUL, which its @length does not count. */
GPtrArray *frost_history_texts(const char *text, size_t length, FrostTotals **out_totals,
                               GError **error);

/* The whole text. Of @texts, the oldest are left out if there are more than FROST_HISTORY_LENGTH,
 * or it would be longer than FROST_HISTORY_MAX_BYTES; the newest always fits. */
GString *frost_history_print(const GPtrArray *texts, const FrostTotals *totals);
