/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * executions.h - the programs that the host has started, and the results that it has not read yet
 *
 * There are bounds on how many run at a time, on how many results are kept and for how long, and on
 * the bytes of their output (faults D25, D28 of qemu-ga).
 */

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "launch.h"

#define FROST_EXECUTIONS_ERROR (frost_executions_error_quark())

typedef enum {
    FROST_EXECUTIONS_ERROR_START,    /* the program could not be started */
    FROST_EXECUTIONS_ERROR_TOO_MANY, /* FROST_EXECUTIONS_RUNNING_MAX run already */
    FROST_EXECUTIONS_ERROR_UNKNOWN,  /* no such pid, or its result was read already */
} FrostExecutionsError;

GQuark frost_executions_error_quark(void);

#define FROST_EXECUTIONS_RUNNING_MAX 64
#define FROST_EXECUTIONS_ENDED_MAX 128
#define FROST_EXECUTIONS_OUTPUT_MAX (64u * 1024 * 1024) /* of all of them together */
#define FROST_EXECUTIONS_KEPT_S INT64_C(3600)

typedef struct FrostExecutions FrostExecutions;

FrostExecutions *frost_executions_new(GMainContext *context);
/* Programs that run go on. */
void frost_executions_free(FrostExecutions *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(FrostExecutions, frost_executions_free)

/* Called from the main loop, exactly once, with the pid, or with @error, which is borrowed. */
typedef void (*FrostExecutionStarted)(void *user, pid_t pid, const GError *error);

/* False, with @error: nothing was begun, and @started is not called. @order is borrowed. */
bool frost_executions_start(FrostExecutions *self, const FrostLaunchOrder *order,
                            FrostExecutionStarted started, void *user, GError **error);

/* The launch of this pid, borrowed; NULL with @error. @out_ended: whether it has ended. */
const FrostLaunch *frost_executions_find(const FrostExecutions *self, int64_t pid, bool *out_ended,
                                         GError **error);
/* To be called when its result was read. */
void frost_executions_forget(FrostExecutions *self, int64_t pid);

unsigned frost_executions_count(const FrostExecutions *self);
/* Drops the results of programs that ended before @now_us (monotonic) minus
 * FROST_EXECUTIONS_KEPT_S. Called by a timer that runs only while there are results. */
void frost_executions_expire(FrostExecutions *self, int64_t now_us);
