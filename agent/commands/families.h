/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * families.h - the families of commands that this agent was built with
 *
 * A family is one file, NAME-commands.c, which defines frost_NAME_family; whether it is compiled
 * is decided by the build options `commands` and `cmd_NAME`. The list of those that are is made
 * by the build (frost-families.h), so that nobody else asks.
 */

#include <glib.h>
#include <stddef.h>

#include "commands.h"

typedef struct {
    const QgaCommand *commands; /* in any order */
    size_t count;

    /* What the family keeps between calls, and what its handlers get instead of the
     * FrostCommandContext; NULL for a family that keeps nothing. It is made before the context is
     * filled, and freed before the calls are that are not ended yet: its destructor ends whatever
     * would still end one. */
    gpointer (*keep)(FrostCommandContext *context);
    GDestroyNotify forget;
} FrostFamily;

/* Those built; NULL at the end. */
extern const FrostFamily *const frost_families[];
