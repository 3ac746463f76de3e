/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * launch.h - a program started as the host wants it, its streams connected, its end awaited
 *
 * Nothing waits: whether the program could be started is told when the kernel knows it. The child
 * leads a session of its own and has default signals. It has ended when the process has, whoever
 * still holds its output.
 */

#include <glib.h>
#include <stdbool.h>
#include <sys/types.h>

#include "outflow.h"

typedef struct {
    const char *path;        /* looked up as execvp does, in the PATH of @env where that is given */
    const char *const *argv; /* NULL-terminated; argv[0] is the name it is given */
    const char *const *env;  /* (nullable): the whole environment instead of ours */
    GBytes *input;           /* (nullable): for standard input; else /dev/null */
    bool keep_out;           /* else to /dev/null */
    bool keep_err;
    bool merge; /* standard error goes where standard output does */
} FrostLaunchOrder;

typedef struct {
    /* Exactly once, before ended: 0, or the errno for which it was not started; then ended follows
     * all the same. -ETIMEDOUT there: the kernel did not come back within its limit. */
    void (*started)(void *user, int error);
    /* Exactly once; the launch may be freed in it. */
    void (*ended)(void *user);
} FrostLaunchEvents;

typedef struct FrostLaunch FrostLaunch;

/* Forks. @order is only lent; @budget and @events outlive the launch. NULL and a GFileError when
 * there is no process or no pipe to be had. */
FrostLaunch *frost_launch_new(const FrostLaunchOrder *order, GMainContext *context,
                              FrostOutflowBudget *budget, const FrostLaunchEvents *events,
                              void *user, GError **error);
/* A running process is left to run, unwatched. */
void frost_launch_free(FrostLaunch *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(FrostLaunch, frost_launch_free)

pid_t frost_launch_pid(const FrostLaunch *self);
/* As of waitpid, after it has ended. */
int frost_launch_wait_status(const FrostLaunch *self);
/* (nullable): not kept, or nothing was started. Borrowed. */
const FrostOutflow *frost_launch_out(const FrostLaunch *self);
const FrostOutflow *frost_launch_err(const FrostLaunch *self);
/* SIGKILL to its whole group. */
void frost_launch_kill(FrostLaunch *self);
