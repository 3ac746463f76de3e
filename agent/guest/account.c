/* SPDX-License-Identifier: MIT */
#include "account.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <sys/syscall.h>
#include <unistd.h>

/* An entry that needs more is none of this world. */
#define ENTRY_MAX (1024 * 1024)
#define GROUPS_MAX 65536

/* On 32 bits the plain numbers are calls of 16-bit user ids. */
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
    struct passwd *found = NULL;
    struct passwd entry;
    g_autofree char *text = NULL;
    int why = ERANGE;

    for (size_t room = 1024; why == ERANGE && room <= ENTRY_MAX; room *= 4) {
        text = g_realloc(text, room);
        why = getpwnam_r(name, &entry, text, room, &found);
    }
    if (!found) {
        g_set_error(error, FROST_ACCOUNT_ERROR, FROST_ACCOUNT_ERROR_UNKNOWN,
                    "failed to lookup user '%s': %s", name,
                    why == 0 ? "no such user" : g_strerror(why));
        return NULL;
    }
    FrostAccount *self = g_new0(FrostAccount, 1);
    *self = (FrostAccount){.uid = found->pw_uid,
                           .gid = found->pw_gid,
                           .name = g_strdup(found->pw_name),
                           .home = g_strdup(found->pw_dir)};
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

static gid_t *
groups_of(const FrostAccount *self, int *out_count)
{
    int count = 64;
    gid_t *groups = g_new(gid_t, count);

    while (getgrouplist(self->name, self->gid, groups, &count) < 0 && count <= GROUPS_MAX)
        groups = g_renew(gid_t, groups, count);
    *out_count = MIN(count, GROUPS_MAX);
    return groups;
}

static bool
fail(const FrostAccount *self, const char *what, GError **error)
{
    g_set_error(error, FROST_ACCOUNT_ERROR, FROST_ACCOUNT_ERROR_BECOME,
                "failed to set effective %s for user '%s': %s", what, self->name,
                g_strerror(errno));
    return false;
}

/* By the kernel's calls, which are about one thread: those of the C library change them all. */
bool
frost_account_become(const FrostAccount *self, GError **error)
{
    int count;
    g_autofree gid_t *groups = groups_of(self, &count);

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
