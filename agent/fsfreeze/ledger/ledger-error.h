/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * ledger-error.h - why there is no ledger to work with
 */

#include <glib.h>

#define FROST_LEDGER_ERROR (frost_ledger_error_quark())

typedef enum {
    FROST_LEDGER_ERROR_HELD, /* a freezer or another agent has locked it */
    FROST_LEDGER_ERROR_IO,   /* there is no room for it, on disk or in memory; or it cannot be used,
                                and what an earlier freeze has left in it is not known */
    FROST_LEDGER_ERROR_LEFT, /* it cannot be used, and calls something frozen (unmapped-ledger.h) */
} FrostLedgerError;

GQuark frost_ledger_error_quark(void);
