/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * families.h - the families of commands that this agent was built with
 *
 * A family is a file, NAME-commands.c, which defines frost_NAME_family. The build options
 * `commands` and `cmd_NAME` decide whether it is compiled. The build also makes the list of those
 * that are (frost-families.h), so that no other code depends on these options.
 */

#include <glib.h>
#include <stddef.h>

#include "calls.h"

typedef struct {
    const QgaCommand *commands; /* in any order */
    size_t count;

    /* (nullable): makes what the family keeps between calls; its handlers then get this instead of
     * the FrostCommandContext. It is called before the context is filled. forget() frees it, and is
     * called before calls under way are freed: it has to end whatever would still answer one. */
    gpointer (*keep)(FrostCommandContext *context);
    GDestroyNotify forget;
} FrostFamily;

/* The families that were built; NULL at the end. */
extern const FrostFamily *const frost_families[];
