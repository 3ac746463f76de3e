/* SPDX-License-Identifier: MIT */
#include "hook-config.h"

FrostChildSetting
frost_cli_children_of_config(const FrostConfig *config, uint64_t open_files)
{
    int32_t started_with = frost_child_setting_own_oom_score_adj();
    bool keeps_own = !config->has_child_oom_score && started_with > config->child_oom_score_adj;

    return (FrostChildSetting){.umask = config->child_umask,
                               .oom_score_adj =
                                   keeps_own ? started_with : config->child_oom_score_adj,
                               .open_files = open_files};
}

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

/* Only for a single program; frost_hook_list() has checked those in a folder. */
static void
check_program(FrostHookItem *item)
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
        check_program(g_ptr_array_index(items, i));
    return items;
}
