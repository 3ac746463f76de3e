/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * outbox.h - a bounded buffer of lines that wait to be written
 *
 *          push             push beyond the limit
 *   EMPTY ------> WAITING --------------------------> CLOGGED: every push is refused
 *     ^              |                                   |
 *     +- all written +-----------------------------------+
 *
 * When it clogs, all waiting lines are dropped, except the rest of a line that is partly written:
 * so a client that reads again gets whole lines. The lines are one run of bytes, so that the limit
 * is the memory that they take, and one write can send many.
 */

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

typedef struct FrostOutbox FrostOutbox;

typedef ssize_t (*FrostOutboxWrite)(int fd, const void *bytes, size_t length);

/* A single line may be longer than @limit. */
FrostOutbox *frost_outbox_new(size_t limit);
void frost_outbox_free(FrostOutbox *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(FrostOutbox, frost_outbox_free)

/* Copies one line, which ends with its only newline. False: it was dropped. */
bool frost_outbox_push(FrostOutbox *self, const void *line, size_t length);

/**
 * frost_outbox_flush:
 * Returns: 0 if all was written, -EAGAIN if the descriptor takes no more now, or the negative errno
 *   of a failed write, after which the outbox is CLOGGED
 */
int frost_outbox_flush(FrostOutbox *self, FrostOutboxWrite write, int fd);

/* Drops everything. To be called when the reader has gone. */
void frost_outbox_clear(FrostOutbox *self);
/* How many bytes wait. */
size_t frost_outbox_size(const FrostOutbox *self);
