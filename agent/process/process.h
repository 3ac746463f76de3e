/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * process.h - one child with a deadline, its output captured, its group killed
 *
 * The child leads a session and process group of its own. It is finished when the process ends,
 * whoever still holds its output: what a background child writes later is read and thrown away,
 * so that it neither delays anybody nor dies of a closed pipe.
 */

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* What is kept of the output; the rest is read and dropped. */
#define FROST_PROCESS_OUTPUT_MAX (64 * 1024)

typedef struct FrostProcess FrostProcess;

typedef struct {
    int exec_errno;     /* not 0: the program could not be started, this is why */
    int wait_status;    /* as of waitpid, when it was started */
    bool timed_out;     /* ended by us, at its deadline */
    bool cancelled;     /* ended by us, on frost_process_cancel() */
    const char *output; /* standard output and error, in order; NUL-terminated */
    size_t output_length;
} FrostProcessResult;

/* @result is only lent. The process may be freed from inside. */
typedef void (*FrostProcessDone)(void *user, const FrostProcessResult *result);
/* It holds: see ready_line. */
typedef void (*FrostProcessReady)(void *user);

typedef struct {
    const char *const *argv; /* NULL-terminated; argv[0] is looked up as execvp does */
    const char *const *envp; /* (nullable): NULL is our own environment */
    bool deaf;               /* it is started with SIGTERM ignored, as is all that it starts */
    /* From frost_process_go on; then the group gets TERM, and KILL two seconds later. */
    unsigned timeout_s;
    /* (nullable): it is a holder. Its standard input is a pipe, which is closed by
     * frost_process_let_go() or with our death. When this line is in its output, its clock stops
     * and @ready is called; it starts anew when the holder is let go. One that ends before takes
     * its group with it. */
    const char *ready_line;
    FrostProcessReady ready;
    FrostProcessDone done;
    void *user;
} FrostProcessSpec;

/**
 * frost_process_new:
 * @spec: only lent; argv and envp until frost_process_new() returns
 *
 * Forks. The child does nothing until frost_process_go(), so that its pid can be written down
 * first; should this process die before, it ends by itself.
 */
FrostProcess *frost_process_new(const FrostProcessSpec *spec, GMainContext *context,
                                GError **error);
/* Kills the group if the process has not ended; no done follows. */
void frost_process_free(FrostProcess *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(FrostProcess, frost_process_free)

pid_t frost_process_pid(const FrostProcess *self);
void frost_process_go(FrostProcess *self);
/* Ends it like the deadline does; done follows. */
void frost_process_cancel(FrostProcess *self);
/* A holder: its input ends, and its time begins anew. */
void frost_process_let_go(FrostProcess *self);
/* If it has ended already, its done is called now, and not from the main loop. */
void frost_process_reap(FrostProcess *self);

/* The last line of an output that is not empty; g_free() it. NULL where there is none. */
char *frost_process_last_line(const char *output);

/* When the process @pid was started, in clock ticks since boot; 0 when there is none. Together
 * with the pid it names one process for as long as the machine runs. No heap. */
uint64_t frost_process_start_time(pid_t pid);
