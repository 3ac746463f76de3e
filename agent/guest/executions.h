/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * executions.h - the programs that the host has started, until it has asked how they ended
 *
 * Bounded: in how many run, in how many are remembered, in the bytes kept of their output, and in
 * how long one that has ended is remembered when nobody asks (faults D25, D28 of qemu-ga).
 */

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "launch.h"

#define FROST_EXECUTIONS_ERROR (frost_executions_error_quark())

typedef enum {
    FROST_EXECUTIONS_ERROR_START,    /* no process, no pipe, or no such program */
    FROST_EXECUTIONS_ERROR_TOO_MANY, /* so many run already */
    FROST_EXECUTIONS_ERROR_UNKNOWN,  /* no such pid, or it has been told already */
} FrostExecutionsError;

GQuark frost_executions_error_quark(void);

#define FROST_EXECUTIONS_RUNNING_MAX 64
#define FROST_EXECUTIONS_ENDED_MAX 128
#define FROST_EXECUTIONS_OUTPUT_MAX (64u * 1024 * 1024) /* of all of them together */
#define FROST_EXECUTIONS_KEPT_S INT64_C(3600)

typedef struct FrostExecutions FrostExecutions;

FrostExecutions *frost_executions_new(GMainContext *context);
/* What runs is left to run. */
void frost_executions_free(FrostExecutions *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(FrostExecutions, frost_executions_free)

/* From the main loop, exactly once: its pid, or @error, which is only lent. */
typedef void (*FrostExecutionStarted)(void *user, pid_t pid, const GError *error);

/* False with @error when nothing was begun; then there is no @started. @order is only lent. */
bool frost_executions_start(FrostExecutions *self, const FrostLaunchOrder *order,
                            FrostExecutionStarted started, void *user, GError **error);

/* (nullable): the launch of this pid. *@out_ended: whether it has ended. Borrowed. */
const FrostLaunch *frost_executions_find(const FrostExecutions *self, int64_t pid, bool *out_ended,
                                         GError **error);
/* After its end was told. */
void frost_executions_forget(FrostExecutions *self, int64_t pid);

unsigned frost_executions_count(const FrostExecutions *self);
/* Forgets what ended before @now_us minus FROST_EXECUTIONS_KEPT_S (monotonic); called by a timer
 * that runs only while there is something to forget. */
void frost_executions_expire(FrostExecutions *self, int64_t now_us);
