/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * process.h - runs a program with a time limit, and captures its output
 *
 * The program runs in a session and process group of its own, with the settings of a service
 * (child-setting.h). It is done when its process ends, even if a background process that it has
 * started keeps the output open. What such a process writes later is read and dropped, so that it
 * neither delays anybody nor dies of a closed pipe.
 */

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "child-setting.h"

/* How many bytes of the output are kept; the rest is read and dropped. */
#define FROST_PROCESS_OUTPUT_MAX (64 * 1024)

typedef struct FrostProcess FrostProcess;

typedef struct {
    int exec_errno;     /* if not 0, the program could not be started, for this reason */
    int wait_status;    /* from waitpid, if it was started */
    bool timed_out;     /* it reached its time limit, and was ended */
    bool cancelled;     /* it was ended by frost_process_cancel() */
    const char *output; /* standard output and error, in order; NUL-terminated */
    size_t output_length;
} FrostProcessResult;

/* @result is borrowed. The callback may free the FrostProcess. */
typedef void (*FrostProcessDone)(void *user, const FrostProcessResult *result);
/* The process has printed its ready_line. */
typedef void (*FrostProcessReady)(void *user);

typedef struct {
    const char *const *argv;          /* NULL-terminated; argv[0] is looked up as by execvp */
    const char *const *envp;          /* (nullable): its environment; NULL: ours */
    const FrostChildSetting *setting; /* (nullable: the usual one) */
    bool deaf; /* it starts with SIGTERM ignored, and so does whatever it starts */
    /* Counts from frost_process_go(). Then the group gets SIGTERM, and SIGKILL 2 seconds later. */
    unsigned timeout_s;
    /* (nullable): for a hold hook. Standard input is then a pipe, which frost_process_let_go()
     * closes, or our death. Once this line is in the output, the time limit is suspended and ready
     * is called; the limit starts again with frost_process_let_go(). If the process ends before
     * that, the rest of its group is killed. */
    const char *ready_line;
    FrostProcessReady ready;
    FrostProcessDone done;
    void *user;
} FrostProcessSpec;

/**
 * frost_process_new:
 * @spec: borrowed; all that it points to is needed only until this returns
 *
 * Forks. The child waits for frost_process_go(), so that its pid can be written down first. If this
 * process dies before, the child exits.
 */
FrostProcess *frost_process_new(const FrostProcessSpec *spec, GMainContext *context,
                                GError **error);
/* Kills the group if the process has not ended; done is not called. */
void frost_process_free(FrostProcess *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(FrostProcess, frost_process_free)

pid_t frost_process_pid(const FrostProcess *self);
void frost_process_go(FrostProcess *self);
/* Ends it as its time limit does; done is called then. */
void frost_process_cancel(FrostProcess *self);
/* For one with a ready_line: closes its standard input, and starts its time limit again. */
void frost_process_let_go(FrostProcess *self);
/* If the process has ended, calls done now, from inside this call. */
void frost_process_reap(FrostProcess *self);

/* The output that was kept so far; borrowed until the main loop runs again. */
const char *frost_process_said(const FrostProcess *self);
/* The last line of @output that is not empty; g_free() it. NULL: there is none. */
char *frost_process_last_line(const char *output);
