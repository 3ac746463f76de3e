/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * command-rights.h - what root's rights the commands need that the host may call
 *
 * Each family of commands has a row. What is not built, not allowed or blocked needs nothing.
 */

#include <stdbool.h>
#include <stdint.h>

#include "dispatch.h"

typedef struct {
    uint64_t capabilities; /* a bit each (capabilities.h) */
    bool starts_programs;  /* of the system, such as shutdown, with the same rights */
    const char *unlimited; /* (nullable), static: a family whose programs, files or accounts may
                              need any right */
} FrostCommandRights;

/* @dispatch: with all commands and both lists, and not frozen. */
FrostCommandRights frost_command_rights(const QgaDispatch *dispatch);

/* True if the table has a row for @family. */
bool frost_command_rights_know(const char *family);
