/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * hook-error.h - why a hook counts as failed
 */

#include <glib.h>

#define FROST_HOOK_ERROR (frost_hook_error_quark())

typedef enum {
    FROST_HOOK_ERROR_FAILED,  /* it ended with an exit status other than 0, or by a signal */
    FROST_HOOK_ERROR_START,   /* it could not be started */
    FROST_HOOK_ERROR_TIMEOUT, /* it ran longer than hook-timeout */
    FROST_HOOK_ERROR_REFUSED, /* it is not trusted, or the ledger has no room for it */
} FrostHookError;

GQuark frost_hook_error_quark(void);
