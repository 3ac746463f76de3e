/* SPDX-License-Identifier: MIT */
#include "command-name.h"

#include <string.h>

#include "frost-cli-commands.h"

#define NAME(name) #name,

int
frost_cli_find_command(int argc, char **argv)
{
    static const char *const names[] = {FROST_CLI_COMMANDS(NAME)};

    for (int i = 0; argc > 1 && i < (int)(sizeof names / sizeof names[0]); i++) {
        if (strcmp(argv[1], names[i]) == 0)
            return i;
    }
    return -1;
}
