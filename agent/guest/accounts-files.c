/* SPDX-License-Identifier: MIT */
#include <errno.h>

#include "account-lines.h"
#include "accounts.h"

/* A missing file counts as an empty one. */
static int
read_table(const char *path, char **out_text)
{
    if (g_file_get_contents(path, out_text, NULL, NULL))
        return 0;
    return g_file_test(path, G_FILE_TEST_EXISTS) ? -EIO : -ENOENT;
}

int
frost_accounts_find(const char *name, FrostAccount **out)
{
    g_autofree char *text = NULL;
    int r = read_table("/etc/passwd", &text);

    if (r == 0)
        *out = frost_account_of_passwd(text, name);
    return r < 0 ? r : *out ? 0 : -ENOENT;
}

gid_t *
frost_accounts_groups_of(const FrostAccount *account, int *out_count)
{
    g_autofree char *text = NULL;
    int r = read_table("/etc/group", &text);
    GArray *groups = frost_groups_of_group(r == 0 ? text : "", account);

    *out_count = (int)groups->len;
    return (gid_t *)g_array_free(groups, FALSE);
}
