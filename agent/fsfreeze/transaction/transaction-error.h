/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * transaction-error.h - the errors that a transaction answers, in words
 */

#include <glib.h>

#include "ledger-data.h"

#define FROST_TRANSACTION_ERROR (frost_transaction_error_quark())

typedef enum {
    FROST_TRANSACTION_ERROR_STATE,    /* wrong request for the present state */
    FROST_TRANSACTION_ERROR_RELEASED, /* ended by a signal or the loss of the port */
    FROST_TRANSACTION_ERROR_NOT_HELD, /* the freeze did not last until the host's thaw */
    FROST_TRANSACTION_ERROR_UNSEALED, /* sandbox=require */
} FrostTransactionError;

GQuark frost_transaction_error_quark(void);

/* "this time had passed, and ...": for people. */
const char *frost_release_reason(FrostRelease cause);

/* Each is new, and to be freed. */

/* A freeze while one holds. */
GError *frost_transaction_error_frozen(void);
/* A freeze is over, and something is still held, or may become so. */
GError *frost_transaction_error_held(const FrostLedger *ledger /* (nullable) */);
/* An old freezer is gone, and another one could not take over: @why. */
GError *frost_transaction_error_not_adopted(const FrostLedger *ledger, const GError *why);
/* A freeze that a release cut off. @reason: "signal 15" */
GError *frost_transaction_error_released(const char *reason);
/* (nullable): the freezer is not sealed as far as it should be. */
GError *frost_transaction_error_unsealed(const FrostLedgerData *ledger);
/* A freeze that the freezer thawed because somebody in the guest told it to. */
GError *frost_transaction_error_freezer_told(const FrostLedgerData *ledger);
/* (nullable): a freeze that was thawed, and @error (nullable) has happened: where somebody else had
 * thawed a filesystem, the host must learn that its snapshot is not what it believes. */
GError *frost_transaction_error_of_thaw(const FrostLedgerData *ledger, const GError *error);
