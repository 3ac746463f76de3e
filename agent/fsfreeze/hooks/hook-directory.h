/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * hook-directory.h - which hooks a freeze would run, and in which order
 *
 * The hooks are one executable, or the executables in a folder. This only lists them, for a freeze
 * and for `frost-ga hooks list`.
 */

#include <glib.h>
#include <stdbool.h>

/* The name of a hold hook (hook-hold.h) ends with this. */
#define FROST_HOOK_HOLD_SUFFIX ".hold"

typedef enum {
    FROST_HOOK_RUNS,
    FROST_HOOK_IGNORED, /* it is not a hook; see reason */
    FROST_HOOK_REFUSED, /* it is not trusted, or is required and missing: it counts as failed */
} FrostHookVerdict;

typedef struct {
    char *name; /* the file in the folder; "": the source itself is the hook */
    char *path;
    FrostHookVerdict verdict;
    char *reason; /* NULL: it runs */
    bool is_hold;
    bool is_required; /* if it fails, the freeze fails */
} FrostHookItem;

typedef struct {
    const char *source;          /* (nullable: no hooks): absolute, or a name to look up in PATH */
    bool trust;                  /* refuse hooks that anyone but root can change (hook-trust.h) */
    bool abort;                  /* all hooks are required */
    const char *const *required; /* (nullable): the names of those that are required */
} FrostHookSource;

/* True if @path is the null device, by whatever name: so guides, and RHEL's configuration, switch
 * hooks off. */
bool frost_hook_is_off(const char *path);
/* True if @path is a folder of hooks. */
bool frost_hook_is_folder(const char *path);
/* The path of the hook @name, which may be ""; g_free() it. NULL if @source is NULL. */
char *frost_hook_path(const char *source, const char *name);

/**
 * frost_hook_list:
 *
 * A source that is one executable is a required hook. A source that is off has no hooks.
 *
 * Returns: of FrostHookItem, in the order in which they are called to freeze: by name, in the C
 * locale; free with g_ptr_array_unref(). NULL with @error: the folder cannot be read
 */
GPtrArray *frost_hook_list(const FrostHookSource *source, GError **error);
/* Why @path cannot be started, for people; NULL: it can, or it is a name to look up in PATH. */
const char *frost_hook_find_flaw(const char *path);
/* "runs", "ignored", "refused". */
const char *frost_hook_verdict_name(FrostHookVerdict verdict);
