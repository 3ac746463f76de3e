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
