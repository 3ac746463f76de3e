/* SPDX-License-Identifier: MIT */
#include "cli.h"

#include <stddef.h>
#include <string.h>

#include "check-command.h"
#include "frost-cli-commands.h"
#include "hooks-command.h"
#include "plan-command.h"
#include "status.h"
#include "thaw.h"

typedef struct {
    const char *name;
    int (*run)(int argc, char **argv);
} Command;

#define ENTER(name) {#name, frost_##name##_run},

/* Those built: what is not named is not linked. */
static const Command commands[] = {FROST_CLI_COMMANDS(ENTER)};

static const Command *
find(int argc, char **argv)
{
    for (size_t i = 0; argc > 1 && i < sizeof commands / sizeof commands[0]; i++) {
        if (strcmp(argv[1], commands[i].name) == 0)
            return &commands[i];
    }
    return NULL;
}

bool
frost_cli_is_command(int argc, char **argv)
{
    return find(argc, argv) != NULL;
}

int
frost_cli_run(int argc, char **argv)
{
    const Command *command = find(argc, argv);

    return command ? command->run(argc - 1, argv + 1) : FROST_CLI_ERROR;
}
