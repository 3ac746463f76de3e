/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * config.h - what the agent was told: defaults, then the config file, then the command line
 *
 * Group [general] and the options are qemu-ga's (protocol 3.1, 3.2). frost-ga's own settings are
 * in group [fsfreeze], which qemu-ga ignores.
 */

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#define FROST_CONFIG_ERROR (frost_config_error_quark())

typedef enum {
    FROST_CONFIG_ERROR_FILE,  /* the config file cannot be read or understood */
    FROST_CONFIG_ERROR_VALUE, /* a setting has a value that it cannot have */
    FROST_CONFIG_ERROR_USAGE, /* the command line is wrong; said on stdout already */
} FrostConfigError;

GQuark frost_config_error_quark(void);

/* What a freeze is in this guest. */
typedef enum {
    FROST_MODE_FREEZE,
    FROST_MODE_SYNC, /* hooks run, all is written out, nothing is frozen: 0 */
    FROST_MODE_OFF,  /* nothing is done at all: 0 */
} FrostMode;

typedef struct {
    /* [general] */
    bool daemon;
    bool verbose;
    bool retry_path;
    char *method;
    char *path;    /* NULL until defaulted by method */
    char *logfile; /* NULL: standard error */
    char *pidfile;
    char *fsfreeze_hook; /* NULL: no hook */
    char *statedir;
    GPtrArray *block_rpcs; /* of char *, in the order of protocol 3.3; owned */
    GPtrArray *allow_rpcs; /* empty: everything is allowed */

    /* [fsfreeze] */
    FrostMode mode;     /* mode: freeze, sync or off */
    unsigned mounts_of; /* mounts-of: the pid of the process whose mounts are meant; 0: our own */
    unsigned
        freeze_timeout_s;    /* freeze-timeout: 60; from the first FIFREEZE until all are frozen */
    unsigned hold_timeout_s; /* hold-timeout: 600; staying frozen; 0: for ever */
    unsigned sync_timeout_s; /* sync-timeout: 300; one round of syncfs */
    bool expedite;           /* expedite: true; fast grace periods during the freeze phase */
    unsigned hook_timeout_s; /* hook-timeout: 60; a hook that runs longer is killed */
    unsigned thaw_reply_timeout_s; /* thaw-reply-timeout: 8; then a thaw is answered although its
                                      hooks still run; 0: never before they have ended */
    bool hook_failure_aborts;      /* hook-failure: continue; or abort: every hook is required */
    bool hook_trust;               /* hook-trust: on; what others could change is not run */
    char *hook_log;                /* hook-log: /var/log/qga-fsfreeze-hook.log; NULL: off */
    char **required_hooks;         /* required-hooks: names; NULL: none */
    size_t max_request_bytes;      /* max-request: 16 MiB; bound on one request */
    char **include;                /* include: globs on mount point, type or device; NULL: all */
    char **exclude;                /* exclude: the same; wins over include */
} FrostConfig;

FrostConfig *frost_config_new(void);
void frost_config_free(FrostConfig *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(FrostConfig, frost_config_free)

/* What the command line asks for. */
typedef enum {
    FROST_ACTION_RUN,
    FROST_ACTION_DUMP, /* -D: print frost_config_dump() and exit 0 */
    FROST_ACTION_EXIT, /* -h, -V, -b help: done already, exit 0 */
} FrostAction;

/**
 * frost_config_load:
 * @commands: (array zero-terminated=1): names for `-b help`, in schema order
 *
 * Reads the config file and then the options of @argv into @self (protocol 3.1, 3.2), and fills
 * in the default path of the method. Whatever goes to standard output is printed here.
 */
bool frost_config_load(FrostConfig *self, int argc, char **argv, const char *const *commands,
                       FrostAction *out_action, GError **error);

/* The words of @argv that are no options and belong to none: what an agent passes over, and a
 * command for a person may want. g_strfreev() them. */
char **frost_config_operands(int argc, char **argv);

/* The text of -D (protocol 3.3); g_free() it. */
char *frost_config_dump(const FrostConfig *self);
