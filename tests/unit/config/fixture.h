/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * fixture.h - loads a configuration from a text and a command line, and keeps all that was said
 */

#include "dump.h"
#include "load.h"

/* How the first settings of [fsfreeze] are dumped when they are what they always were. */
#define HOOK_TERMS "pace=auto|stall-target=100|" LATER_TERMS
#define LATER_TERMS                                                                              \
    "restored=thaw|hook-failure=continue|hook-trust=on|hook-log=/var/log/qga-fsfreeze-hook.log|" \
    "thaw-reply-timeout=8|child-umask=022|"
#define TERMS                                                                                     \
    "mode=freeze|mounts-of=0|namespaces=all|freeze-timeout=60|hold-timeout=600|sync-timeout=300|" \
    "freeze-budget=0|host-timeout=30|expedite="                                                   \
    "true|" HOOK_TERMS
#include "test-support.h"

typedef struct {
    FrostConfig *config;
    bool ok;
    FrostAction action;
    GError *error;
    char *out;      /* standard output */
    char *err;      /* standard error */
    char *warnings; /* what was logged, a line each */
} Loaded;

/**
 * load:
 * @file: (nullable): text of the config file, found by QGA_CONF; NULL: there is none
 * @options: the command line after the program's name, quoted as in a shell
 */
Loaded *load(const char *file, const char *options);
/* The same with a file of this name, whatever it is. */
Loaded *load_path(const char *path, const char *options);
void loaded_free(Loaded *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Loaded, loaded_free)

/* The lines of the dump that the dump of an untouched configuration does not have, each ended by
 * `|`. */
char *changes(const Loaded *self);

#define PROGRAM "some/qemu-ga"
