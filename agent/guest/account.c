/* SPDX-License-Identifier: MIT */
#include "account.h"

#include <errno.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "accounts.h"

/* On 32-bit machines the system calls without "32" have 16-bit user ids. */
#ifdef SYS_setresuid32
#define SET_USER SYS_setresuid32
#define SET_GROUP SYS_setresgid32
#define SET_GROUPS SYS_setgroups32
#else
#define SET_USER SYS_setresuid
#define SET_GROUP SYS_setresgid
#define SET_GROUPS SYS_setgroups
#endif

G_DEFINE_QUARK(frost_account_error, frost_account_error)

FrostAccount *
frost_account_new(const char *name, GError **error)
{
    FrostAccount *self = NULL;
    int r = frost_accounts_find(name, &self);

    if (r < 0)
        g_set_error(error, FROST_ACCOUNT_ERROR, FROST_ACCOUNT_ERROR_UNKNOWN,
                    "failed to lookup user '%s': %s", name,
                    r == -ENOENT ? "no such user" : g_strerror(-r));
    return self;
}

void
frost_account_free(FrostAccount *self)
{
    if (!self)
        return;
    g_free(self->name);
    g_free(self->home);
    g_free(self);
}

static bool
fail(const FrostAccount *self, const char *what, GError **error)
{
    g_set_error(error, FROST_ACCOUNT_ERROR, FROST_ACCOUNT_ERROR_BECOME,
                "failed to set effective %s for user '%s': %s", what, self->name,
                g_strerror(errno));
    return false;
}

/* Makes the system calls itself: they act on one thread, the C library's functions on all. */
bool
frost_account_become(const FrostAccount *self, GError **error)
{
    int count;
    g_autofree gid_t *groups = frost_accounts_groups_of(self, &count);

    if (self->uid == geteuid())
        return true;
    if (syscall(SET_GROUPS, count, groups) < 0)
        return fail(self, "groups", error);
    if (syscall(SET_GROUP, -1, self->gid, -1) < 0)
        return fail(self, "group ID", error);
    if (syscall(SET_USER, -1, self->uid, -1) < 0)
        return fail(self, "user ID", error);
    return true;
}
