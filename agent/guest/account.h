/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * account.h - a user of the guest, and threads that act with the user's rights
 */

#include <glib.h>
#include <stdbool.h>
#include <sys/types.h>

#define FROST_ACCOUNT_ERROR (frost_account_error_quark())

typedef enum {
    FROST_ACCOUNT_ERROR_UNKNOWN, /* there is no such user, or the look-up failed */
    FROST_ACCOUNT_ERROR_BECOME,  /* the kernel refused to give a thread the user's rights */
} FrostAccountError;

GQuark frost_account_error_quark(void);

typedef struct {
    uid_t uid;
    gid_t gid;
    char *name;
    char *home;
} FrostAccount;

/* Looks a user up. May ask a directory server, and wait for it. */
FrostAccount *frost_account_new(const char *name, GError **error);
void frost_account_free(FrostAccount *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(FrostAccount, frost_account_free)

/**
 * frost_account_become:
 *
 * From now on the calling thread, and no other, has the user's rights: the user, the primary group
 * and the other groups. Its real user stays ours, so that the user cannot send it signals. This
 * cannot be undone: the thread has to end afterwards.
 */
bool frost_account_become(const FrostAccount *self, GError **error);
