/* SPDX-License-Identifier: MIT */

/*
 * guest-sync, guest-ping, guest-info: the family that every host needs
 */
#include "families.h"

#include "frost-build.h"
#include "log.h"

static void
sync_back(QgaCall *call, void *user)
{
    const QgaArgs *args = qga_call_args(call);
    GError *error = NULL;
    int64_t id;

    if (!qga_args_int(args, "id", &id, &error) || !qga_args_end(args, &error))
        qga_call_fail(call, error);
    else
        qga_call_return(call, qga_value_new_int(id));
}

static void
ping(QgaCall *call, void *user)
{
    if (!frost_call_takes_nothing(call))
        return;
    frost_slog("guest-ping called");
    qga_call_return(call, NULL);
}

static void
describe(const QgaCommand *command, bool enabled, void *user)
{
    GPtrArray *described = user;
    QgaValue *entry = qga_value_new_object();

    qga_value_set_bool(entry, "enabled", enabled);
    qga_value_set_string(entry, "name", command->name);
    qga_value_set_bool(entry, "success-response", !(command->flags & QGA_COMMAND_NO_REPLY));
    g_ptr_array_add(described, entry);
}

/* The list has the reverse order of the schema, as with qemu-ga. */
static void
info(QgaCall *call, void *user)
{
    if (!frost_call_takes_nothing(call))
        return;

    g_autoptr(GPtrArray) described = g_ptr_array_new();
    QgaValue *list = qga_value_new_array();
    QgaValue *answer = qga_value_new_object();

    qga_dispatch_foreach(qga_call_dispatch(call), describe, described);
    for (guint i = described->len; i > 0; i--)
        qga_value_append(list, g_ptr_array_index(described, i - 1));
    qga_value_set_string(answer, "version", FROST_PROTOCOL_VERSION);
    qga_value_set(answer, "supported_commands", list);
    qga_call_return(call, answer);
}

static const QgaCommand commands[] = {
    {"guest-sync-delimited", QGA_COMMAND_WHILE_FROZEN | QGA_COMMAND_DELIMITED, sync_back},
    {"guest-sync", QGA_COMMAND_WHILE_FROZEN, sync_back},
    {"guest-ping", QGA_COMMAND_WHILE_FROZEN, ping},
    {"guest-info", QGA_COMMAND_WHILE_FROZEN, info},
};

const FrostFamily frost_core_family = {.commands = commands, .count = G_N_ELEMENTS(commands)};
