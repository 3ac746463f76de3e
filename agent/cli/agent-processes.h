/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * agent-processes.h - the processes of a running agent, and what each may do, as the kernel tells
 */

#include <glib.h>
#include <stdbool.h>
#include <sys/types.h>

#include "json.h"
#include "sys.h"

typedef enum {
    FROST_ROLE_AGENT,
    FROST_ROLE_PARSER,
    FROST_ROLE_FREEZER, /* during a freeze */
    FROST_ROLE_HEIR,    /* the same */
} FrostRole;

typedef struct {
    FrostRole role;
    pid_t pid;
    gint64 user;        /* -1: not known */
    guint64 rights;     /* capabilities, a bit each */
    bool gains_none;    /* no program that it starts has more rights (no_new_privs) */
    bool is_filtered;   /* its system calls are */
    const char **lacks; /* of a parser or freezer: what it has not given up; ends with NULL */
} FrostProcessRights;

/* Returns, of FrostProcessRights, by role: those of the agent @agent that live. Without the agent
 * if it cannot be read. */
GPtrArray *frost_cli_processes_of(FrostSys *sys, pid_t agent);

/* "Parser: process 12, without rights"; g_free() it. */
char *frost_process_rights_describe(const FrostProcessRights *self);
/* What a process lacks of its seal, as "can open files, can make any system call"; g_free() it.
 * NULL: nothing. */
char *frost_process_rights_lack(const FrostProcessRights *self);
/* @processes: as above. The member "processes" of `frost-ga status --json`. */
QgaValue *frost_process_rights_to_value(const GPtrArray *processes);

/* (nullable): the process of that role. */
const FrostProcessRights *frost_process_rights_find(const GPtrArray *processes, FrostRole role);
