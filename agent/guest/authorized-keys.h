/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * authorized-keys.h - reads and changes the SSH keys of a user: ~/.ssh/authorized_keys
 *
 * Everything is done with the user's rights: links in the home directory lead only to files that
 * the user could open anyway (fault D32 of qemu-ga). The calling thread keeps these rights, so it
 * has to end afterwards; it may also hang (blocking-jobs.h).
 */

#include <glib.h>
#include <stdbool.h>

#include "account.h"

#define FROST_KEYS_ERROR (frost_keys_error_quark())

typedef enum {
    FROST_KEYS_ERROR_KEY,    /* a key to add cannot be a line of that file */
    FROST_KEYS_ERROR_FILE,   /* reading or writing failed */
    FROST_KEYS_ERROR_TOO_BIG /* the file has more than FROST_KEYS_FILE_MAX */
} FrostKeysError;

GQuark frost_keys_error_quark(void);

/* The largest file that is read or written, in bytes. */
#define FROST_KEYS_FILE_MAX (1024 * 1024)

/* True if each key is one line, and not a comment. */
bool frost_keys_check(const char *const *keys, GError **error);

/* The lines of the file, without blank lines and comments; g_strfreev() them. No lines if there is
 * no file. */
char **frost_keys_read(const FrostAccount *account, GError **error);
/* Adds the keys that the file does not have yet. @reset: all other keys are removed. */
bool frost_keys_add(const FrostAccount *account, const char *const *keys, bool reset,
                    GError **error);
/* Removes the lines that are equal to a key. It is no error if there is none. */
bool frost_keys_remove(const FrostAccount *account, const char *const *keys, GError **error);
