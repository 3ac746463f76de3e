/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * pipe-reader.h - reads what a child writes into a pipe, to the end, and keeps up to a bound of it
 *
 * A child would block on a full pipe, and die on a closed one. So bytes that are not kept are still
 * read, and dropped; also after the child itself has ended, while its own children write.
 */

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>

/* The most bytes that are kept of one stream. */
#define FROST_PIPE_READER_MAX (16u * 1024 * 1024)

/* How many abandoned streams are still read. The pipe of any further one is closed. */
#define FROST_PIPE_READER_ABANDONED_MAX 64

/* A bound on the bytes that several streams may keep together. */
typedef struct FrostPipeBudget FrostPipeBudget;
typedef struct FrostPipeReader FrostPipeReader;

FrostPipeBudget *frost_pipe_budget_new(size_t bytes);
/* Closes the abandoned streams that are still read. */
void frost_pipe_budget_free(FrostPipeBudget *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(FrostPipeBudget, frost_pipe_budget_free)

/* Takes ownership of @fd. @budget is borrowed, and has to outlive it. */
FrostPipeReader *frost_pipe_reader_new(int fd, GMainContext *context, FrostPipeBudget *budget);
/* Frees the bytes that were kept. The pipe is read for as long as a process can write to it. */
void frost_pipe_reader_abandon(FrostPipeReader *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(FrostPipeReader, frost_pipe_reader_abandon)

/* Reads what is in the pipe now, and does not wait for more. */
void frost_pipe_reader_drain(FrostPipeReader *self);
/* The bytes that were kept; borrowed. The main loop appends to them. */
const GByteArray *frost_pipe_reader_bytes(const FrostPipeReader *self);
/* True if bytes were dropped. */
bool frost_pipe_reader_is_truncated(const FrostPipeReader *self);
