/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * pipe-writer.h - writes bytes to a child's standard input, as fast as the child reads them
 */

#include <glib.h>

typedef struct FrostPipeWriter FrostPipeWriter;

/* Takes ownership of @fd, and a reference to @bytes. Closes the pipe after them, or when nobody
 * reads any more. */
FrostPipeWriter *frost_pipe_writer_new(int fd, GMainContext *context, GBytes *bytes);
/* Closes the pipe; bytes that were not written yet are dropped. */
void frost_pipe_writer_free(FrostPipeWriter *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(FrostPipeWriter, frost_pipe_writer_free)
