/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * running.h - finds the agents that run on this machine, in /proc
 */

#include <glib.h>
#include <stdbool.h>
#include <sys/types.h>

#include "sys.h"

typedef struct {
    pid_t pid;
    char *program; /* the name of its executable */
    char **argv;   /* its command line */
    char *conf;    /* QGA_CONF in its environment; NULL: not set, or we may not read it */
    char *folder;  /* (nullable): its working directory */
    bool is_ours;  /* it is a frost-ga: this program, or one of its name */
} FrostRunning;

/* Returns, of FrostRunning: all agents, frost-ga and qemu-ga, the lowest pid first; without
 * freezers, parsers and commands. */
GPtrArray *frost_running_agents(FrostSys *sys);
/* (nullable): the first of @agents that is a frost-ga. */
const FrostRunning *frost_running_ours(const GPtrArray *agents);

/* (nullable): the first that is a frost-ga in our mount namespace, where its paths are the same as
 * ours.
 */
const FrostRunning *frost_running_beside(FrostSys *sys, const GPtrArray *agents);

/* The processes that work for an agent; 0: there is none now. */
typedef struct {
    pid_t parser;
    pid_t freezer;
    pid_t heir; /* of the freezer */
} FrostHelpers;

FrostHelpers frost_running_helpers_of(FrostSys *sys, pid_t agent);

/* A process that has the device node @node open, as "qemu-ga (pid 12)", g_free() it; NULL: none
 * that we can see. */
char *frost_running_holder_of(FrostSys *sys, const char *node, pid_t except);
