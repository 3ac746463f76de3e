/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * launch.h - starts a program for the host, with its streams connected
 *
 * No function waits: started() is called once it is known whether the program could be started. The
 * child leads a session of its own, with the settings of a service (child-setting.h). It has ended
 * when its process has, even if another process keeps the output open.
 */

#include <glib.h>
#include <stdbool.h>
#include <sys/types.h>

#include "child-setting.h"
#include "pipe-reader.h"

typedef struct {
    const char *path;        /* looked up as by execvp, in the PATH of env if there is one */
    const char *const *argv; /* NULL-terminated; argv[0] is the program's name */
    const char *const *env;  /* (nullable): its whole environment; NULL: ours */
    GBytes *input;           /* (nullable): standard input; NULL: /dev/null */
    bool keep_out;           /* keep standard output; if not, it is /dev/null */
    bool keep_err;           /* the same for standard error */
    bool merge;              /* standard error goes to standard output */
    const FrostChildSetting *setting; /* (nullable: the usual one) */
} FrostLaunchOrder;

typedef struct {
    /* Called exactly once, before ended. @error: 0, or the errno for which it was not started;
     * ended() is called in either case. -ETIMEDOUT: exec did not return within its limit. */
    void (*started)(void *user, int error);
    /* Called exactly once. May free the launch. */
    void (*ended)(void *user);
} FrostLaunchEvents;

typedef struct FrostLaunch FrostLaunch;

/* Forks. @order is borrowed; @budget and @events have to outlive the launch. NULL, with a
 * GFileError: no process or no pipe could be made. */
FrostLaunch *frost_launch_new(const FrostLaunchOrder *order, GMainContext *context,
                              FrostPipeBudget *budget, const FrostLaunchEvents *events, void *user,
                              GError **error);
/* A process that runs goes on, and is not watched any more. */
void frost_launch_free(FrostLaunch *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(FrostLaunch, frost_launch_free)

pid_t frost_launch_pid(const FrostLaunch *self);
/* The status from waitpid, once it has ended. */
int frost_launch_wait_status(const FrostLaunch *self);
/* Its output, borrowed; NULL: it is not kept, or nothing was started. */
const FrostPipeReader *frost_launch_out(const FrostLaunch *self);
const FrostPipeReader *frost_launch_err(const FrostLaunch *self);
/* Sends SIGKILL to its process group. */
void frost_launch_kill(FrostLaunch *self);
