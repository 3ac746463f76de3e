/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * hook-script.h - guesses from the text of a hook what it does
 *
 * For `frost-ga check`; nothing is run. The guesses are made for scripts from common guides. A
 * ready-made hook is known by the folder of its settings.
 */

#include <glib.h>
#include <stdbool.h>

#include "database-kind.h"

typedef struct {
    char *path;
    char *code;   /* without comments, continued lines joined; "": it is not a text file */
    bool is_ours; /* it is a ready-made hook */
} FrostHookScript;

FrostHookScript *frost_hook_script_read(const char *path);
void frost_hook_script_free(FrostHookScript *self);

/* True if its text or its name shows that it is for this kind of database. */
bool frost_hook_script_is_for(const FrostHookScript *self, const FrostDatabaseKind *kind);
/* True if it calls clients of this kind, and none is installed. False if it may find them
 * elsewhere: it sets PATH, or runs them in a container. */
bool frost_hook_script_lacks_client(const FrostHookScript *self, const FrostDatabaseKind *kind);
/* True if it lets a client in the background lock MariaDB or MySQL, and does not read the output of
 * that client: it cannot know whether anything is locked. */
bool frost_hook_script_locks_blindly(const FrostHookScript *self);
/* True if it calls psql as root, with no other account and no password. */
bool frost_hook_script_is_psql_of_root(const FrostHookScript *self);
/* True if its exit status depends on whether the programs that it calls succeed. */
bool frost_hook_script_tells_failures(const FrostHookScript *self);
