/* SPDX-License-Identifier: MIT */
#include "users.h"

#include <string.h>
#include <utmpx.h>

#define FILE_MAX_BYTES (16 * 1024 * 1024)

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
add(GPtrArray *users, const struct utmpx *record)
{
    double login_time_s = (double)record->ut_tv.tv_sec + (double)record->ut_tv.tv_usec / 1e6;
    g_autofree char *name = g_strndup(record->ut_user, sizeof record->ut_user);
    FrostUser *user = find(users, name);

    if (*name == '\0')
        return;
    if (user) {
        user->login_time_s = MIN(user->login_time_s, login_time_s);
        return;
    }
    user = g_new0(FrostUser, 1);
    user->name = g_steal_pointer(&name);
    user->login_time_s = login_time_s;
    g_ptr_array_add(users, user);
}

GPtrArray *
frost_users_parse(const char *data, size_t length)
{
    GPtrArray *users = g_ptr_array_new_with_free_func(user_free);
    struct utmpx record;

    for (; length >= sizeof record; data += sizeof record, length -= sizeof record) {
        memcpy(&record, data, sizeof record);
        if (record.ut_type == USER_PROCESS)
            add(users, &record);
    }
    return users;
}

GPtrArray *
frost_users_read(void)
{
#ifdef __GLIBC__
    g_autofree char *data = NULL;
    gsize length = 0;

    if (g_file_get_contents("/var/run/utmp", &data, &length, NULL))
        return frost_users_parse(data, MIN(length, FILE_MAX_BYTES));
#endif
    return frost_users_parse("", 0);
}
