/* SPDX-License-Identifier: MIT */

/*
 * guest-set-user-password
 */
#include "families.h"

#include <string.h>

#include "base64.h"
#include "log.h"
#include "password.h"

typedef struct {
    FrostPassword *setting; /* (nullable): under way, for @call */
    QgaCall *call;
} Kept;

static void
answer(void *user, const GError *error)
{
    Kept *kept = user;
    QgaCall *call = kept->call;

    g_clear_pointer(&kept->setting, frost_password_free);
    if (error)
        qga_call_fail(call, g_error_copy(error));
    else
        qga_call_return(call, NULL);
}

static bool
begin(Kept *kept, QgaCall *call, GError **error)
{
    const QgaArgs *args = qga_call_args(call);
    const char *name = NULL;
    const char *text = NULL;
    bool crypted;

    if (!qga_args_string(args, "username", &name, error) ||
        !qga_args_string(args, "password", &text, error) ||
        !qga_args_bool(args, "crypted", &crypted, error) || !qga_args_end(args, error))
        return false;
    frost_slog("guest-set-user-password called, user: %s", name);
    g_autoptr(GBytes) password = qga_base64_decode(text, error);
    if (!password)
        return false;
    kept->call = call;
    kept->setting =
        frost_password_set(name, password, crypted, "chpasswd", NULL, answer, kept, error);

    size_t length;
    gconstpointer secret = g_bytes_get_data(password, &length);
    if (length > 0)
        explicit_bzero((gpointer)secret, length);
    return kept->setting != NULL;
}

static void
set_user_password(QgaCall *call, void *user)
{
    GError *error = NULL;

    if (!begin(user, call, &error))
        qga_call_fail(call, error);
}

static gpointer
keep(FrostCommandContext *context)
{
    return g_new0(Kept, 1);
}

static void
forget(gpointer data)
{
    Kept *kept = data;

    frost_password_free(kept->setting);
    g_free(kept);
}

static const QgaCommand commands[] = {
    {"guest-set-user-password", QGA_COMMAND_PLAIN, set_user_password},
};

const FrostFamily frost_password_family = {
    .commands = commands, .count = G_N_ELEMENTS(commands), .keep = keep, .forget = forget};
