/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * blocking-jobs.h - runs work that may hang in the kernel on threads, away from the main loop
 *
 * Each job has a thread of its own, which first closes its copies of the agent's descriptors: a
 * thread inside an uninterruptible call would keep them open after the agent was killed, and the
 * freezer would not see the agent die. So a job has to open what it needs, and must
 * neither log nor touch the main loop.
 *
 * Jobs run one after the other, in the order in which they were given. A job that is not done
 * within its limit is answered with an error and left behind; the next one does not wait for it.
 * The thread ends with its job, so a job may change the credentials of its thread.
 */

#include <glib.h>
#include <stdbool.h>

#define FROST_BLOCKING_ERROR (frost_blocking_error_quark())

typedef enum {
    FROST_BLOCKING_ERROR_TIMEOUT, /* it was not done within its limit; it may still end */
    FROST_BLOCKING_ERROR_BUSY,    /* too many jobs that were left behind still hang */
    FROST_BLOCKING_ERROR_START,   /* no thread could be started */
} FrostBlockingError;

GQuark frost_blocking_error_quark(void);

/* How many jobs may be left behind at one time. */
#define FROST_BLOCKING_JOBS_LEFT_BEHIND_MAX 8

typedef struct FrostBlockingJobs FrostBlockingJobs;

/**
 * FrostBlockingWork: called on the thread
 * @input: that of the job
 *
 * Returns the result, which may be NULL; or NULL with @error set.
 */
typedef gpointer (*FrostBlockingWork)(gpointer input, GError **error);

/* Called from the main loop, exactly once. Takes ownership of @result. @error: (nullable):
 * borrowed;
 * @result is NULL then. */
typedef void (*FrostBlockingDone)(void *user, gpointer result, const GError *error);

typedef struct {
    const char *what; /* for the error: "reading the size of the filesystems" */
    FrostBlockingWork work;
    gpointer input;
    GDestroyNotify input_free;  /* (nullable): may be called on either thread */
    GDestroyNotify result_free; /* frees the result of a job that was left behind */
    int keep; /* one more descriptor that the thread may use; it always has 0 to 2. It must stay
                 open until done is called */
    unsigned limit_s; /* from the start of its thread */
    FrostBlockingDone done;
    void *user;
} FrostBlockingJob;

FrostBlockingJobs *frost_blocking_jobs_new(GMainContext *context);
/* No done is called any more. A job that runs is left behind. */
void frost_blocking_jobs_free(FrostBlockingJobs *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(FrostBlockingJobs, frost_blocking_jobs_free)

/* Takes ownership of the job's input, also when it fails; @job itself is borrowed. Never calls done
 * from inside. */
void frost_blocking_jobs_run(FrostBlockingJobs *self, const FrostBlockingJob *job);
