/* SPDX-License-Identifier: MIT */
#include "users.h"

#include <string.h>
#include <sys/stat.h>
#include <utmpx.h>

#include "login-session.h"
#include "sysfs-text.h"

#define UTMP "/var/run/utmp"
#define UTMP_MAX_BYTES (16 * 1024 * 1024)
#define SESSIONS "/run/systemd/sessions"
/* logind's own limit is 8192 (SessionsMax=). */
#define SESSIONS_MAX 8192u

static void
user_free(gpointer user)
{
    FrostUser *self = user;

    g_free(self->name);
    g_free(self);
}

static FrostUser *
find(GPtrArray *users, const char *name)
{
    for (guint i = 0; i < users->len; i++) {
        FrostUser *user = g_ptr_array_index(users, i);

        if (strcmp(user->name, name) == 0)
            return user;
    }
    return NULL;
}

static void
add(GPtrArray *users, const char *name, double login_time_s)
{
    FrostUser *user = find(users, name);

    if (user) {
        user->login_time_s = MIN(user->login_time_s, login_time_s);
        return;
    }
    user = g_new0(FrostUser, 1);
    user->name = g_strdup(name);
    user->login_time_s = login_time_s;
    g_ptr_array_add(users, user);
}

static void
add_record(GPtrArray *users, const struct utmpx *record)
{
    g_autofree char *name = g_strndup(record->ut_user, sizeof record->ut_user);

    if (*name != '\0')
        add(users, name, (double)record->ut_tv.tv_sec + (double)record->ut_tv.tv_usec / 1e6);
}

GPtrArray *
frost_users_parse(const char *data, size_t length)
{
    GPtrArray *users = g_ptr_array_new_with_free_func(user_free);
    struct utmpx record;

    for (; length >= sizeof record; data += sizeof record, length -= sizeof record) {
        memcpy(&record, data, sizeof record);
        if (record.ut_type == USER_PROCESS)
            add_record(users, &record);
    }
    return users;
}

static GPtrArray *
read_utmp(const char *root)
{
#ifdef __GLIBC__
    g_autofree char *path = g_strconcat(root, UTMP, NULL);
    g_autofree char *data = NULL;
    gsize length = 0;

    if (g_file_get_contents(path, &data, &length, NULL))
        return frost_users_parse(data, MIN(length, UTMP_MAX_BYTES));
#endif
    return frost_users_parse("", 0);
}

/* logind also has FIFOs in that folder, which only logind may read. They must not be opened. */
static bool
is_file(const char *root, const char *path)
{
    g_autofree char *full = g_strconcat(root, path, NULL);
    struct stat st;

    return lstat(full, &st) == 0 && S_ISREG(st.st_mode);
}

static void
add_session(GPtrArray *users, const char *root, const char *name)
{
    g_autofree char *path = g_strconcat(SESSIONS "/", name, NULL);
    g_autofree char *text = NULL;
    g_auto(FrostLoginSession) session = {0};

    if (frost_login_session_is_name(name) && is_file(root, path) &&
        frost_sysfs_read(root, path, &text) == 0 && frost_login_session_parse(text, &session))
        add(users, session.user, session.login_time_s);
}

GPtrArray *
frost_users_read(const char *root)
{
    GPtrArray *users = read_utmp(root);
    g_auto(GStrv) names = NULL;

    if (frost_sysfs_list(root, SESSIONS, &names) < 0)
        return users;
    for (unsigned i = 0; names[i] && i < SESSIONS_MAX; i++)
        add_session(users, root, names[i]);
    return users;
}
