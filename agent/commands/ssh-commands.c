/* SPDX-License-Identifier: MIT */

/*
 * guest-ssh-get-authorized-keys, -add-, -remove-
 */
#include "families.h"

#include "authorized-keys.h"
#include "log.h"

/* Long, as looking the user up may ask a server. */
#define LIMIT_S 30

/* The input of a job, which acts with the user's rights. */
typedef struct {
    char *user;
    char **keys;
    bool reset;
} Wish;

static void
wish_free(gpointer data)
{
    Wish *wish = data;

    g_free(wish->user);
    g_strfreev(wish->keys);
    g_free(wish);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Wish, wish_free)

static gpointer
get(gpointer input, GError **error)
{
    const Wish *wish = input;
    g_autoptr(FrostAccount) account = frost_account_new(wish->user, error);
    g_auto(GStrv) keys = account ? frost_keys_read(account, error) : NULL;

    if (!keys)
        return NULL;
    QgaValue *list = qga_value_new_array();
    QgaValue *answer = qga_value_new_object();
    for (char **key = keys; *key; key++)
        qga_value_append(list, qga_value_new_string(*key));
    qga_value_set(answer, "keys", list);
    return answer;
}

static gpointer
add(gpointer input, GError **error)
{
    const Wish *wish = input;
    g_autoptr(FrostAccount) account = frost_account_new(wish->user, error);

    if (!account || !frost_keys_add(account, (const char *const *)wish->keys, wish->reset, error))
        return NULL;
    return qga_value_new_object();
}

static gpointer
take_away(gpointer input, GError **error)
{
    const Wish *wish = input;
    g_autoptr(FrostAccount) account = frost_account_new(wish->user, error);

    if (!account || !frost_keys_remove(account, (const char *const *)wish->keys, error))
        return NULL;
    return qga_value_new_object();
}

static bool
read_user(const QgaArgs *args, Wish *wish, GError **error)
{
    const char *user = NULL;

    if (!qga_args_string(args, "username", &user, error))
        return false;
    wish->user = g_strdup(user);
    return true;
}

static bool
read_keys(const QgaArgs *args, Wish *wish, GError **error)
{
    return read_user(args, wish, error) && qga_args_strings(args, "keys", &wish->keys, error);
}

static void
log_keys(const char *command, const Wish *wish)
{
    frost_slog("%s called, user: %s, keys: %u%s", command, wish->user, g_strv_length(wish->keys),
               wish->reset ? ", all others removed" : "");
}

static void
get_authorized_keys(QgaCall *call, void *context)
{
    const QgaArgs *args = qga_call_args(call);
    g_autoptr(Wish) wish = g_new0(Wish, 1);
    GError *error = NULL;

    if (!read_user(args, wish, &error) || !qga_args_end(args, &error)) {
        qga_call_fail(call, error);
        return;
    }
    frost_slog("guest-ssh-get-authorized-keys called, user: %s", wish->user);
    frost_call_by_job(context, call, "reading the keys", LIMIT_S, get, g_steal_pointer(&wish),
                      wish_free);
}

static void
add_authorized_keys(QgaCall *call, void *context)
{
    const QgaArgs *args = qga_call_args(call);
    g_autoptr(Wish) wish = g_new0(Wish, 1);
    GError *error = NULL;

    if (!read_keys(args, wish, &error) ||
        !qga_args_bool_optional(args, "reset", &wish->reset, &error) ||
        !qga_args_end(args, &error) || !frost_keys_check((const char *const *)wish->keys, &error)) {
        qga_call_fail(call, error);
        return;
    }
    log_keys("guest-ssh-add-authorized-keys", wish);
    frost_call_by_job(context, call, "adding keys", LIMIT_S, add, g_steal_pointer(&wish),
                      wish_free);
}

static void
remove_authorized_keys(QgaCall *call, void *context)
{
    const QgaArgs *args = qga_call_args(call);
    g_autoptr(Wish) wish = g_new0(Wish, 1);
    GError *error = NULL;

    if (!read_keys(args, wish, &error) || !qga_args_end(args, &error) ||
        !frost_keys_check((const char *const *)wish->keys, &error)) {
        qga_call_fail(call, error);
        return;
    }
    log_keys("guest-ssh-remove-authorized-keys", wish);
    frost_call_by_job(context, call, "removing keys", LIMIT_S, take_away, g_steal_pointer(&wish),
                      wish_free);
}

static const QgaCommand commands[] = {
    {"guest-ssh-get-authorized-keys", QGA_COMMAND_PLAIN, get_authorized_keys},
    {"guest-ssh-add-authorized-keys", QGA_COMMAND_PLAIN, add_authorized_keys},
    {"guest-ssh-remove-authorized-keys", QGA_COMMAND_PLAIN, remove_authorized_keys},
};

const FrostFamily frost_ssh_family = {.commands = commands, .count = G_N_ELEMENTS(commands)};
