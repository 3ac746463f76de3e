/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * check-scripts.h - reads the texts of the hooks, and finds those that protect nothing
 */

#include "check.h"
#include "hook-script.h"

/* Returns, of FrostHookScript: the hooks that would run, also those that a dispatcher script would
 * run, and that protect their database, as far as their text shows. Adds a finding for each of the
 * others. @servers: of FrostDatabaseServer. */
GPtrArray *frost_check_scripts(const FrostCheck *self, const GArray *servers);
/* (nullable): the first of @scripts that is for this kind of database. */
const FrostHookScript *frost_check_find_holder(const GPtrArray *scripts,
                                               const FrostDatabaseKind *kind);
