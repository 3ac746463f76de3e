/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * aside.h - work that may hang in the kernel, done beside the main loop
 *
 * A job runs on a thread of its own, which first gives up the agent's descriptors: a thread inside
 * an uninterruptible call would otherwise keep them open after the agent was killed, and the
 * freezer would not see it die (design 5). So a job opens what it needs itself, and neither logs
 * nor touches the main loop.
 *
 * Jobs are done one after the other, in the order in which they were given. One that has not come
 * back within its limit is answered without it and left behind; the next one does not wait for it.
 * The thread ends with its job, so that one may change the thread's credentials.
 */

#include <glib.h>
#include <stdbool.h>

#define FROST_ASIDE_ERROR (frost_aside_error_quark())

typedef enum {
    FROST_ASIDE_ERROR_TIMEOUT, /* not back within its limit; it may still come to its end */
    FROST_ASIDE_ERROR_BUSY,    /* too many have been left behind and hang still */
    FROST_ASIDE_ERROR_START,   /* no thread could be made */
} FrostAsideError;

GQuark frost_aside_error_quark(void);

/* So many jobs may be left behind at one time. */
#define FROST_ASIDE_LEFT_BEHIND_MAX 8

typedef struct FrostAside FrostAside;

/**
 * FrostAsideWork: what is done on the thread
 * @input: as given; freed after it, by whoever of the two is last
 *
 * Returns the result; NULL with @error set, or without it where there is nothing to return.
 */
typedef gpointer (*FrostAsideWork)(gpointer input, GError **error);

/* On the main loop, exactly once. Takes @result, NULL on @error, which is only lent. */
typedef void (*FrostAsideDone)(void *user, gpointer result, const GError *error);

typedef struct {
    const char *what; /* for the error: "reading the size of the filesystems" */
    FrostAsideWork work;
    gpointer input;
    GDestroyNotify input_free;  /* NULL: nothing to free; on either thread */
    GDestroyNotify result_free; /* for the result of a job that was left behind */
    int keep; /* a descriptor that the thread has, too; 0 to 2 it has anyway. Read when it starts:
                 to be open, and the same, until done */
    unsigned limit_s; /* from the moment it starts to run */
    FrostAsideDone done;
    void *user;
} FrostAsideJob;

FrostAside *frost_aside_new(GMainContext *context);
/* No done follows; what still runs is left to itself. */
void frost_aside_free(FrostAside *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(FrostAside, frost_aside_free)

/* Takes the job's input, always; @job itself is only lent. done never comes from inside this. */
void frost_aside_run(FrostAside *self, const FrostAsideJob *job);
