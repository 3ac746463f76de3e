/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * history-error.h - the errors of the history of freezes
 */

#include <glib.h>

#define FROST_HISTORY_ERROR (frost_history_error_quark())

typedef enum {
    FROST_HISTORY_ERROR_IO,      /* the file cannot be read or written */
    FROST_HISTORY_ERROR_INVALID, /* it is damaged, too long, or not a history */
    FROST_HISTORY_ERROR_VERSION, /* it is a history of an unknown version */
} FrostHistoryError;

GQuark frost_history_error_quark(void);
