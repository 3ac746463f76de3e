/* SPDX-License-Identifier: MIT */
#include "account-lines.h"

/* name:password:uid:gid:gecos:home:shell, name:password:gid:members */
enum {
    PASSWD_FIELDS = 7,
    GROUP_FIELDS = 4
};

static bool
parse_number(const char *text, guint32 *out)
{
    guint64 number;

    if (!g_ascii_string_to_unsigned(text, 10, 0, G_MAXUINT32, &number, NULL))
        return false;
    *out = (guint32)number;
    return true;
}

/* (nullable): the fields of a line that has exactly so many. */
static char **
split(const char *line, guint fields)
{
    char **words = g_strsplit(line, ":", -1);

    if (g_strv_length(words) == fields && **words && **words != '+' && **words != '-')
        return words;
    g_strfreev(words);
    return NULL;
}

FrostAccount *
frost_account_of_passwd(const char *text, const char *name)
{
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);

    for (char **line = lines; *line; line++) {
        g_auto(GStrv) words = split(*line, PASSWD_FIELDS);
        guint32 uid, gid;

        if (!words || !g_str_equal(words[0], name) || !parse_number(words[2], &uid) ||
            !parse_number(words[3], &gid))
            continue;
        FrostAccount *account = g_new0(FrostAccount, 1);
        *account = (FrostAccount){
            .uid = uid, .gid = gid, .name = g_strdup(name), .home = g_strdup(words[5])};
        return account;
    }
    return NULL;
}

static void
add_once(GArray *groups, gid_t gid)
{
    for (guint i = 0; i < groups->len; i++) {
        if (g_array_index(groups, gid_t, i) == gid)
            return;
    }
    g_array_append_val(groups, gid);
}

static bool
is_member(const char *members, const char *name)
{
    g_auto(GStrv) names = g_strsplit(members, ",", -1);

    return g_strv_contains((const char *const *)names, name);
}

GArray *
frost_groups_of_group(const char *text, const FrostAccount *account)
{
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    GArray *groups = g_array_new(FALSE, FALSE, sizeof(gid_t));

    add_once(groups, account->gid);
    for (char **line = lines; *line; line++) {
        g_auto(GStrv) words = split(*line, GROUP_FIELDS);
        guint32 gid;

        if (words && is_member(words[3], account->name) && parse_number(words[2], &gid))
            add_once(groups, gid);
    }
    return groups;
}
