/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * password.h - sets the password of a user, with the guest's chpasswd
 */

#include <glib.h>
#include <stdbool.h>

#define FROST_PASSWORD_ERROR (frost_password_error_quark())

typedef enum {
    FROST_PASSWORD_ERROR_CHARACTERS, /* name or password would begin another line for chpasswd */
    FROST_PASSWORD_ERROR_PROGRAM,    /* chpasswd could not be started, failed, or took too long */
} FrostPasswordError;

GQuark frost_password_error_quark(void);

/* Long, as PAM may ask a server. */
#define FROST_PASSWORD_LIMIT_S 60

typedef struct FrostPassword FrostPassword;

/* @error: (nullable): borrowed. The callback may free the FrostPassword. */
typedef void (*FrostPasswordDone)(void *user, const GError *error);

/**
 * frost_password_set: begins to set the password of the user @name
 * @password: in plain text; with @crypted, as in /etc/shadow
 * @program: "chpasswd", looked up in PATH
 * @done: called from the main loop, exactly once, unless the result is freed before
 *
 * NULL with @error: nothing was begun. Our copy of the password is wiped.
 */
FrostPassword *frost_password_set(const char *name, GBytes *password, bool crypted,
                                  const char *program, GMainContext *context,
                                  FrostPasswordDone done, void *user, GError **error);
/* Kills chpasswd if it still runs. */
void frost_password_free(FrostPassword *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(FrostPassword, frost_password_free)
