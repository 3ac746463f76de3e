/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <unistd.h>

#include "accounts.h"

/* No real entry needs more. */
#define ENTRY_MAX (1024 * 1024)
#define GROUPS_MAX 65536

int
frost_accounts_find(const char *name, FrostAccount **out)
{
    struct passwd *found = NULL;
    struct passwd entry;
    g_autofree char *text = NULL;
    int why = ERANGE;

    for (size_t room = 1024; why == ERANGE && room <= ENTRY_MAX; room *= 4) {
        text = g_realloc(text, room);
        why = getpwnam_r(name, &entry, text, room, &found);
    }
    if (!found)
        return why == 0 ? -ENOENT : -why;
    *out = g_new0(FrostAccount, 1);
    **out = (FrostAccount){.uid = found->pw_uid,
                           .gid = found->pw_gid,
                           .name = g_strdup(found->pw_name),
                           .home = g_strdup(found->pw_dir)};
    return 0;
}

gid_t *
frost_accounts_groups_of(const FrostAccount *account, int *out_count)
{
    int count = 64;
    gid_t *groups = g_new(gid_t, count);

    while (getgrouplist(account->name, account->gid, groups, &count) < 0 && count <= GROUPS_MAX)
        groups = g_renew(gid_t, groups, count);
    *out_count = MIN(count, GROUPS_MAX);
    return groups;
}
