/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * process-output.h - what a child and whatever it leaves behind write, read to the end
 *
 * Lives on after its process for as long as somebody writes, so that nobody dies of a closed pipe.
 */

#include <glib.h>

typedef struct FrostProcessOutput FrostProcessOutput;

/* Takes @fd. @ready_line, @ready: (nullable): @ready is called once, when this line is there. */
FrostProcessOutput *frost_process_output_new(int fd, const char *ready_line,
                                             void (*ready)(void *user), void *user,
                                             GMainContext *context);
/* For its process, once: what comes from now on is read and thrown away, and ready is not called.
 */
void frost_process_output_free(FrostProcessOutput *self);

/* For who still reads what was taken. */
FrostProcessOutput *frost_process_output_ref(FrostProcessOutput *self);
void frost_process_output_unref(FrostProcessOutput *self);

/* Reads what is there at this moment; then all that was kept, NUL-terminated. */
const char *frost_process_output_take_rest(FrostProcessOutput *self, gsize *out_length);
/* It is ready, or nobody waits for that any more. */
void frost_process_output_forget_ready(FrostProcessOutput *self);
