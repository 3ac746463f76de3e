/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * hook-directory.h - one executable, or a folder of them -> what would run, in which order
 *
 * Changes nothing and runs nothing: for a freeze, and for `frost-ga hooks list`.
 */

#include <glib.h>
#include <stdbool.h>

/* What a name must end with for a hook that holds from the freeze to the thaw. */
#define FROST_HOOK_HOLD_SUFFIX ".hold"

typedef enum {
    FROST_HOOK_RUNS,
    FROST_HOOK_IGNORED, /* it is no hook: see reason */
    FROST_HOOK_REFUSED, /* by trust, or it is required and not there: it counts as failed */
} FrostHookVerdict;

typedef struct {
    char *name; /* within the folder; "": the source itself */
    char *path;
    FrostHookVerdict verdict;
    char *reason; /* NULL: it runs */
    bool is_hold;
    bool is_required; /* its failure is that of the freeze */
} FrostHookItem;

typedef struct {
    const char *source; /* absolute, but for what is looked up in PATH; (nullable): no hook */
    bool trust;         /* what others than root could change is refused */
    bool abort;         /* every hook is required */
    const char *const *required; /* (nullable): names */
} FrostHookSource;

/* @path is a folder: its hooks run, not itself. */
bool frost_hook_is_folder(const char *path);
/* NULL: none. @name may be "". g_free() it. */
char *frost_hook_path(const char *source, const char *name);

/**
 * frost_hook_list: of FrostHookItem, in the order of their freeze (C locale); free with
 *   g_ptr_array_unref()
 *
 * One executable is always required. NULL with @error: the folder cannot be read.
 */
GPtrArray *frost_hook_list(const FrostHookSource *source, GError **error);
/* Why it is no program that could be started; NULL: it is one, or no path that tells. */
const char *frost_hook_find_flaw(const char *path);
/* "runs", "ignored", "refused". */
const char *frost_hook_verdict_name(FrostHookVerdict verdict);
