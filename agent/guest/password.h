/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * password.h - a user's password, set by the guest's own chpasswd
 */

#include <glib.h>
#include <stdbool.h>

#define FROST_PASSWORD_ERROR (frost_password_error_quark())

typedef enum {
    FROST_PASSWORD_ERROR_CHARACTERS, /* what would be another line for chpasswd */
    FROST_PASSWORD_ERROR_PROGRAM,    /* it could not be started, failed, or did not end in time */
} FrostPasswordError;

GQuark frost_password_error_quark(void);

/* PAM may ask the network. */
#define FROST_PASSWORD_LIMIT_S 60

typedef struct FrostPassword FrostPassword;

/* @error: (nullable): only lent. The setting may be freed in it. */
typedef void (*FrostPasswordDone)(void *user, const GError *error);

/**
 * frost_password_set: of the user @name
 * @password: as it is, or with @crypted as /etc/shadow has it
 * @program: "chpasswd", looked up in PATH
 * @done: from the main loop, exactly once unless it is freed before
 *
 * NULL with @error when nothing was begun. Our copy of the password is wiped.
 */
FrostPassword *frost_password_set(const char *name, GBytes *password, bool crypted,
                                  const char *program, GMainContext *context,
                                  FrostPasswordDone done, void *user, GError **error);
/* chpasswd is killed if it runs still. */
void frost_password_free(FrostPassword *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(FrostPassword, frost_password_free)
