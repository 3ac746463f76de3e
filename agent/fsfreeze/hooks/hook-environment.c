/* SPDX-License-Identifier: MIT */
#include "hook-environment.h"

#include <string.h>

static char *
escape(const char *path)
{
    GString *text = g_string_new(NULL);

    for (; *path; path++) {
        if (*path == '\n')
            g_string_append(text, "\\012");
        else if (*path == '\\')
            g_string_append(text, "\\134");
        else
            g_string_append_c(text, *path);
    }
    return g_string_free(text, FALSE);
}

/* A path that was cut off is left out: it may be the path of another filesystem. */
static char *
list_mounts(const FrostLedgerData *ledger)
{
    GString *text = g_string_new(NULL);

    for (uint32_t i = 0; i < atomic_load(&ledger->count); i++) {
        const FrostLedgerFs *fs = &ledger->filesystems[i];
        g_autofree char *path = escape(fs->mount_point);

        if (fs->sync_only || fs->is_cut || text->len + strlen(path) + 1 > FROST_HOOK_MOUNTS_MAX)
            continue;
        if (text->len > 0)
            g_string_append_c(text, '\n');
        g_string_append(text, path);
    }
    return g_string_free(text, FALSE);
}

const char *
frost_hook_phase_name(FrostHookPhase phase)
{
    return phase == FROST_HOOK_THAW ? "thaw" : "freeze";
}

char **
frost_hook_environment(const FrostLedgerData *ledger, FrostHookPhase phase)
{
    g_autofree char *time_left = g_strdup_printf("%u", ledger->hook_timeout_s);
    g_autofree char *mounts = list_mounts(ledger);
    char **environment = g_get_environ();

    environment =
        g_environ_setenv(environment, "FROST_GA_PHASE", frost_hook_phase_name(phase), TRUE);
    environment = g_environ_setenv(environment, "FROST_GA_ID", ledger->id, TRUE);
    environment = g_environ_setenv(environment, "FROST_GA_TIME_LEFT", time_left, TRUE);
    return g_environ_setenv(environment, "FROST_GA_MOUNTS", mounts, TRUE);
}
