/* SPDX-License-Identifier: MIT */
#include "hook-config.h"

FrostHooksConfig
frost_cli_hooks_of_config(const FrostConfig *config)
{
    const FrostHookSource source = {.source = config->fsfreeze_hook,
                                    .trust = config->hook_trust,
                                    .abort = config->hook_failure_aborts,
                                    .required = (const char *const *)config->required_hooks};

    return (FrostHooksConfig){
        .source = source, .timeout_s = config->hook_timeout_s, .log_path = config->hook_log};
}

/* A folder's have been looked at. */
static void
judge_program(FrostHookItem *item)
{
    const char *flaw = *item->name ? NULL : frost_hook_find_flaw(item->path);

    if (item->verdict != FROST_HOOK_RUNS || !flaw)
        return;
    item->verdict = FROST_HOOK_REFUSED;
    item->reason = g_strdup(flaw);
}

GPtrArray *
frost_cli_hook_list(const FrostHookSource *source, GError **error)
{
    GPtrArray *items = frost_hook_list(source, error);

    for (guint i = 0; items && i < items->len; i++)
        judge_program(g_ptr_array_index(items, i));
    return items;
}
