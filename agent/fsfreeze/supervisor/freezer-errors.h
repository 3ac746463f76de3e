/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * freezer-errors.h - what went wrong in the freezer, in words for the host
 */

#include <glib.h>

#include "freezer-protocol.h"
#include "ledger-data.h"

#define FROST_FREEZER_ERROR (frost_freezer_error_quark())

typedef enum {
    FROST_FREEZER_ERROR_START,    /* it could not be started */
    FROST_FREEZER_ERROR_SYNC,     /* data could not be written out */
    FROST_FREEZER_ERROR_FREEZE,   /* the kernel refused; everything has been thawed again */
    FROST_FREEZER_ERROR_THAW,     /* something could not be thawed, or is still pending */
    FROST_FREEZER_ERROR_NOT_HELD, /* another program thawed what was ours */
    FROST_FREEZER_ERROR_FALTERED, /* thawed, but only by the second FITHAW */
    FROST_FREEZER_ERROR_LOST,     /* the process has died; the agent has thawed what it could */
} FrostFreezerError;

GQuark frost_freezer_error_quark(void);

/* NULL where nothing went wrong. @syncing: it answers a sync, not a freeze. Pure. */
GError *frost_freezer_error_of(const FrostLedger *ledger, const FrostMessage *message,
                               bool syncing);
/* The same of a thaw that has ended without a word: NULL, or what did not stay frozen. Pure. */
GError *frost_freezer_error_of_ledger(const FrostLedger *ledger);
/* Logs that the freeze was repeated, and why, if it was. */
void frost_freezer_warn_of_repeat(const FrostLedgerData *ledger);
/* The freezer was lost, before it was ready (@starting) or after; @how: in words, "the freezer
 * process was lost"; @thawed: filesystems, in its place. Pure. */
GError *frost_freezer_error_of_loss(const FrostLedger *ledger, const char *how, bool starting,
                                    unsigned thawed);
