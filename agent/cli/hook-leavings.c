/* SPDX-License-Identifier: MIT */
#include "hook-leavings.h"

#include <stdlib.h>
#include <string.h>

#include "hook-environment.h"

struct FrostHookLeavings {
    FrostSys *sys;
    char *mark;        /* "FROST_GA_ID=..." */
    GHashTable *known; /* of pid: those that were returned */
};

static char *
find_mark(const FrostLedgerData *ledger)
{
    g_auto(GStrv) environment = frost_hook_environment(ledger, false);

    return g_strconcat("FROST_GA_ID=", g_environ_getenv(environment, "FROST_GA_ID"), NULL);
}

FrostHookLeavings *
frost_hook_leavings_new(FrostSys *sys, const FrostLedgerData *ledger)
{
    FrostHookLeavings *self = g_new0(FrostHookLeavings, 1);

    self->sys = sys;
    self->mark = find_mark(ledger);
    self->known = g_hash_table_new(NULL, NULL);
    return self;
}

void
frost_hook_leavings_free(FrostHookLeavings *self)
{
    if (!self)
        return;
    g_free(self->mark);
    g_hash_table_unref(self->known);
    g_free(self);
}

static bool
is_marked(const FrostHookLeavings *self, const char *pid)
{
    g_autofree char *path = g_strdup_printf("/proc/%s/environ", pid);
    g_autofree char *text = NULL;
    size_t length = 0;

    if (self->sys->read_file(self->sys, path, &text, &length) < 0)
        return false;
    for (size_t at = 0; at < length; at += strlen(text + at) + 1) {
        if (g_str_equal(text + at, self->mark))
            return true;
    }
    return false;
}

static void
add(const FrostHookLeavings *self, GString *out, const char *pid)
{
    g_autofree char *path = g_strdup_printf("/proc/%s/comm", pid);
    g_autofree char *name = NULL;

    if (self->sys->read_file(self->sys, path, &name, NULL) < 0)
        return; /* it has ended meanwhile */
    g_string_append_printf(out, "%s%s (pid %s)", out->len > 0 ? ", " : "", g_strchomp(name), pid);
}

char *
frost_hook_leavings_take(FrostHookLeavings *self)
{
    g_autoptr(GString) out = g_string_new(NULL);
    g_auto(GStrv) names = NULL;

    if (self->sys->list_dir(self->sys, "/proc", &names) < 0)
        return NULL;
    for (char **name = names; *name; name++) {
        if (g_ascii_isdigit(**name) && is_marked(self, *name) &&
            g_hash_table_add(self->known, GINT_TO_POINTER(atoi(*name))))
            add(self, out, *name);
    }
    return out->len > 0 ? g_strdup(out->str) : NULL;
}
