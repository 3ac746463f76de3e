/* SPDX-License-Identifier: MIT */
#include "plan-config.h"

FrostSys
frost_cli_sys_of_config(const FrostConfig *config)
{
    FrostSys sys = frost_sys_linux();

    sys.mounts_of = (pid_t)config->mounts_of;
    return sys;
}

FrostPlanMode
frost_cli_mode_of_config(const FrostConfig *config)
{
    static const FrostPlanMode modes[] = {
        [FROST_MODE_FREEZE] = FROST_PLAN_FREEZE,
        [FROST_MODE_SYNC] = FROST_PLAN_SYNC,
        [FROST_MODE_OFF] = FROST_PLAN_OFF,
    };

    return modes[config->mode];
}

FrostPlanFilter
frost_cli_filter_of_config(const FrostConfig *config)
{
    return (FrostPlanFilter){.include = (const char *const *)config->include,
                             .exclude = (const char *const *)config->exclude,
                             .mode = frost_cli_mode_of_config(config),
                             .all_namespaces = config->all_namespaces};
}
