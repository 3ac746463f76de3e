/* SPDX-License-Identifier: MIT */

/*
 * guest-fsfreeze-*: the contract that all hosts rely on is clients.md part 9.
 */
#include "families.h"

#include "log.h"

static void
answer_count(void *user, unsigned count, const GError *error)
{
    QgaCall *call = user;

    if (error)
        qga_call_fail(call, g_error_copy(error));
    else
        qga_call_return(call, qga_value_new_int(count));
}

static void
status(QgaCall *call, void *user)
{
    FrostCommandContext *context = user;

    if (!frost_call_takes_nothing(call))
        return;
    bool frozen = frost_transaction_is_frozen(context->transaction);
    qga_call_return(call, qga_value_new_string(frozen ? "frozen" : "thawed"));
}

static void
freeze(QgaCall *call, void *user)
{
    FrostCommandContext *context = user;

    if (!frost_call_takes_nothing(call))
        return;
    frost_slog("guest-fsfreeze called");
    frost_transaction_freeze(context->transaction, NULL, answer_count, call);
}

static void
freeze_list(QgaCall *call, void *user)
{
    FrostCommandContext *context = user;
    const QgaArgs *args = qga_call_args(call);
    g_auto(GStrv) mount_points = NULL;
    GError *error = NULL;

    if (!qga_args_strings_optional(args, "mountpoints", &mount_points, &error) ||
        !qga_args_end(args, &error)) {
        qga_call_fail(call, error);
        return;
    }
    frost_slog("guest-fsfreeze called");
    frost_transaction_freeze(context->transaction, (const char *const *)mount_points, answer_count,
                             call);
}

static void
thaw(QgaCall *call, void *user)
{
    FrostCommandContext *context = user;

    if (!frost_call_takes_nothing(call))
        return;
    frost_slog("guest-fsthaw called");
    frost_transaction_thaw(context->transaction, answer_count, call);
}

static const QgaCommand commands[] = {
    {"guest-fsfreeze-status", QGA_COMMAND_WHILE_FROZEN, status},
    {"guest-fsfreeze-freeze", QGA_COMMAND_PLAIN, freeze},
    {"guest-fsfreeze-freeze-list", QGA_COMMAND_PLAIN, freeze_list},
    {"guest-fsfreeze-thaw", QGA_COMMAND_WHILE_FROZEN, thaw},
};

const FrostFamily frost_fsfreeze_family = {.commands = commands, .count = G_N_ELEMENTS(commands)};
