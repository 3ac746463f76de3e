/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * process-output.h - reads the output of a child, and of the processes that it leaves behind
 *
 * It outlives the FrostProcess for as long as a process can write to the pipe, so that none dies of
 * a closed pipe.
 */

#include <glib.h>

typedef struct FrostProcessOutput FrostProcessOutput;

/* Takes ownership of @fd. @ready_line, @ready: (nullable): @ready is called once, when the output
 * has this line. */
FrostProcessOutput *frost_process_output_new(int fd, const char *ready_line,
                                             void (*ready)(void *user), void *user,
                                             GMainContext *context);
/* To be called once, by the FrostProcess: further output is read and dropped, and ready is not
 * called any more. */
void frost_process_output_free(FrostProcessOutput *self);

/* Keep the text of frost_process_output_take_rest() alive after frost_process_output_free(). */
FrostProcessOutput *frost_process_output_ref(FrostProcessOutput *self);
void frost_process_output_unref(FrostProcessOutput *self);

/* Reads what is in the pipe now, and returns all that was kept, NUL-terminated. */
const char *frost_process_output_take_rest(FrostProcessOutput *self, gsize *out_length);
/* All that was kept so far, NUL-terminated. */
const char *frost_process_output_kept(const FrostProcessOutput *self);
/* Does not wait for the ready line any more. */
void frost_process_output_forget_ready(FrostProcessOutput *self);
