/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * authorized-keys.h - the SSH keys with which a user may log in: ~/.ssh/authorized_keys
 *
 * Everything is done as that user: whatever links lead out of his home, they lead where he could go
 * himself (fault D32 of qemu-ga). The calling thread becomes him for good, and only that thread:
 * to be called on one that ends afterwards, and may wait (aside.h).
 */

#include <glib.h>
#include <stdbool.h>

#include "account.h"

#define FROST_KEYS_ERROR (frost_keys_error_quark())

typedef enum {
    FROST_KEYS_ERROR_KEY,    /* what is to be added is no line of such a file */
    FROST_KEYS_ERROR_FILE,   /* reading or writing failed */
    FROST_KEYS_ERROR_TOO_BIG /* more than there may be */
} FrostKeysError;

GQuark frost_keys_error_quark(void);

/* Of the file, as it is or would become. */
#define FROST_KEYS_FILE_MAX (1024 * 1024)

/* Whether each is one line that is no comment. */
bool frost_keys_check(const char *const *keys, GError **error);

/* Those of the file without blank lines and comments, in its order; g_strfreev() them. None where
 * there is no file. */
char **frost_keys_read(const FrostAccount *account, GError **error);
/* What is there already is not added again. @reset: only @keys remain. */
bool frost_keys_add(const FrostAccount *account, const char *const *keys, bool reset,
                    GError **error);
/* Whole lines; what is not there is removed already. */
bool frost_keys_remove(const FrostAccount *account, const char *const *keys, GError **error);
