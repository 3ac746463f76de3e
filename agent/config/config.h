/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * config.h - the configuration: its values and their defaults
 *
 *   load     reads the config file, then the command line, then sets the defaults
 *   keyfile  the config file                 settings  frost-ga's own settings, one table
 *   options  the command line                usage     the text of --help
 *   dump     the text of -D
 *
 * Group [general] and its options are qemu-ga's. frost-ga's own settings are
 * in group [fsfreeze], which qemu-ga ignores.
 */

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#define FROST_CONFIG_ERROR (frost_config_error_quark())

typedef enum {
    FROST_CONFIG_ERROR_FILE,  /* the config file cannot be read or parsed */
    FROST_CONFIG_ERROR_VALUE, /* a setting has an invalid value */
    FROST_CONFIG_ERROR_USAGE, /* the command line is wrong; the reason was printed to stdout */
} FrostConfigError;

GQuark frost_config_error_quark(void);

/* What a freeze request does. */
typedef enum {
    FROST_MODE_FREEZE,
    FROST_MODE_SYNC, /* runs the hooks and syncs, freezes nothing; the count is 0 */
    FROST_MODE_OFF,  /* does nothing; the count is 0 */
} FrostMode;

/* How the agent (rights.h) and its freezer (seal.h) give up what they do not need. */
typedef enum {
    FROST_SANDBOX_AUTO,    /* as far as the kernel lets it */
    FROST_SANDBOX_REQUIRE, /* if that is not all, the agent does not start, or the freeze fails */
    FROST_SANDBOX_OFF,     /* they keep all */
} FrostSandbox;

typedef struct {
    /* [general] */
    bool daemon;
    bool verbose;
    bool retry_path;
    char *method;
    char *path;    /* NULL: the default of the method */
    char *logfile; /* NULL: standard error */
    char *pidfile;
    char *fsfreeze_hook; /* NULL: no hook */
    char *statedir;
    GPtrArray *block_rpcs; /* of char *, in the order of the lines; owned */
    GPtrArray *allow_rpcs; /* empty: everything is allowed */

    /* [fsfreeze] */
    unsigned child_umask;     /* child-umask: 022; of hooks and of programs of the host */
    int child_oom_score_adj;  /* child-oom-score-adj: 0 */
    bool has_child_oom_score; /* it was given; if not, a higher score of the agent itself is kept */
    FrostMode mode;           /* mode: freeze, sync or off */
    bool all_namespaces;      /* namespaces: all: also what only other mount namespaces show; own */
    unsigned mounts_of;       /* mounts-of: the pid whose mount namespace is chosen; 0: our own */
    unsigned
        freeze_timeout_s;     /* freeze-timeout: 60; from the first FIFREEZE until all are frozen */
    unsigned hold_timeout_s;  /* hold-timeout: 600; how long all may stay frozen; 0: no limit */
    unsigned sync_timeout_s;  /* sync-timeout: 300; for one syncfs */
    unsigned stall_target_ms; /* stall-target: 100; what is to be written is left to FIFREEZE once
                                 it takes no longer */
    unsigned freeze_budget_s; /* freeze-budget: 0; from the request until all are frozen; 0: none */
    unsigned host_timeout_s;  /* host-timeout: 30; after it, a freeze whose host has left is ended;
                                 0: never */
    bool thaws_restored;      /* restored: thaw or hold; what is frozen when the machine goes on
                                 from a saved state */
    bool expedite;            /* expedite: true; expedited RCU grace periods while freezing */
    bool is_paced;            /* pace: auto; the queues of disks are short while data is written
                                 out before a freeze; off */
    FrostSandbox sandbox;     /* sandbox: auto, require or off */
    unsigned hook_timeout_s;  /* hook-timeout: 60; for one call of a hook */
    unsigned thaw_reply_timeout_s; /* thaw-reply-timeout: 8; after it, a thaw is answered although
                                      hooks still run; 0: it waits for them */
    bool hook_failure_aborts;      /* hook-failure: continue; abort: every hook is required */
    bool hook_trust;               /* hook-trust: on; refuse hooks that others could change */
    char *hook_log;                /* hook-log: /var/log/qga-fsfreeze-hook.log; NULL: off */
    char **required_hooks;         /* required-hooks: names; NULL: none */
    size_t max_request_bytes;      /* max-request: 16 MiB; the longest request */
    char **include;                /* include: globs on mount point, type or device; NULL: all */
    char **exclude;                /* exclude: the same; wins over include */
} FrostConfig;

FrostConfig *frost_config_new(void);
void frost_config_free(FrostConfig *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(FrostConfig, frost_config_free)

/**
 * frost_config_add_list:
 * @text: comma separated; "" has no items
 *
 * Appends the items to @list, the last item first: qemu-ga's dump has that order.
 * Empty items between commas are kept, as qemu-ga does.
 */
void frost_config_add_list(GPtrArray *list, const char *text);
