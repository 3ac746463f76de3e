/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * database-kind.h - the kinds of database servers that `frost-ga check` knows, and the hook for
 * each
 */

#include <stdbool.h>

typedef struct {
    const char *name;
    const char *programs[5]; /* the names of the server's program, NULL at the end */
    const char *words[4];    /* a hook for it has one of these in its text */
    const char *clients[4]; /* the programs that a hook for it may call; none: it needs no client */
    const char *advice;     /* what a copy made without a hook lacks, and what to do */
    bool is_whole;          /* even such a copy has everything that was acknowledged */
} FrostDatabaseKind;

/* The kind of the server @program, static; NULL: it is no server. */
const FrostDatabaseKind *frost_database_kind_of_program(const char *program);
/* The kind at index @i; NULL after the last one. */
const FrostDatabaseKind *frost_database_kind_at(unsigned i);
/* True if @text, the text or the name of a hook, has a word of this kind. */
bool frost_database_kind_is_named(const FrostDatabaseKind *self, const char *text);
