/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * child-setting.h - what each program that the agent starts is given: umask, OOM score, limits
 *
 * These are the values of an ordinary service, not the agent's own. The agent's unit gives it a
 * strict umask and protects it from the OOM killer, the freezer protects itself even more, and both
 * may have many descriptors. None of this is meant for a hook, for a program of the host, or for
 * daemons that these leave behind.
 */

#include <stdint.h>
#include <sys/resource.h>

/* Has fixed sizes, as it is also kept in the ledger, for hooks that a recovery undoes. */
typedef struct {
    uint32_t umask;
    int32_t oom_score_adj;
    uint64_t open_files; /* the soft limit (RLIMIT_NOFILE); 0: the same as ours */
} FrostChildSetting;

#define FROST_CHILD_UMASK 022

/* The values of a service that has nothing configured. */
FrostChildSetting frost_child_setting_usual(void);

/* The oom_score_adj of this process; 0 if it cannot be read. */
int32_t frost_child_setting_own_oom_score_adj(void);

/**
 * frost_child_settle: to be called in the child, after fork
 * @setting: NULL: the usual one
 *
 * Gives the child a session of its own, default signal handlers, and @setting. A value that the
 * kernel refuses, as it may in a container, stays as it is: better so than not to run a hook.
 */
void frost_child_settle(const FrostChildSetting *setting);
