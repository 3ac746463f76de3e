/* SPDX-License-Identifier: MIT */
#include "cli.h"

#include "check-command.h"
#include "command-name.h"
#include "frost-cli-commands.h"
#include "hooks-command.h"
#include "plan-command.h"
#include "status.h"
#include "thaw.h"

#define RUN(name) frost_##name##_run,

/* The commands that were built. A command that is not in this list is not linked. */
static int (*const commands[])(int argc, char **argv) = {FROST_CLI_COMMANDS(RUN)};

bool
frost_cli_is_command(int argc, char **argv)
{
    return frost_cli_find_command(argc, argv) >= 0;
}

int
frost_cli_run(int argc, char **argv)
{
    int command = frost_cli_find_command(argc, argv);

    return command >= 0 ? commands[command](argc - 1, argv + 1) : FROST_CLI_ERROR;
}
