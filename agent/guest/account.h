/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * account.h - a user of the guest, and a thread that becomes him
 */

#include <glib.h>
#include <stdbool.h>
#include <sys/types.h>

#define FROST_ACCOUNT_ERROR (frost_account_error_quark())

typedef enum {
    FROST_ACCOUNT_ERROR_UNKNOWN, /* no such user, or nobody who could say */
    FROST_ACCOUNT_ERROR_BECOME,
} FrostAccountError;

GQuark frost_account_error_quark(void);

typedef struct {
    uid_t uid;
    gid_t gid;
    char *name;
    char *home;
} FrostAccount;

/* May ask a directory in the network, and wait for it. */
FrostAccount *frost_account_new(const char *name, GError **error);
void frost_account_free(FrostAccount *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(FrostAccount, frost_account_free)

/**
 * frost_account_become:
 *
 * The calling thread, and no other, acts from now on with the user's rights: user, group, and the
 * groups he is in. Its real user stays ours, so that he can send it no signal. There is no way
 * back: the thread is to end.
 */
bool frost_account_become(const FrostAccount *self, GError **error);
