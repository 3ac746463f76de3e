/* SPDX-License-Identifier: MIT */
#include "commands.h"

void
frost_commands_add(QgaDispatch *dispatch, FrostCommandContext *context)
{
    qga_dispatch_add(dispatch, frost_core_commands, frost_core_command_count, context);
    qga_dispatch_add(dispatch, frost_fsfreeze_commands, frost_fsfreeze_command_count, context);
}

bool
frost_call_takes_nothing(QgaCall *call)
{
    GError *error = NULL;

    if (qga_args_end(qga_call_args(call), &error))
        return true;
    qga_call_fail(call, error);
    return false;
}
