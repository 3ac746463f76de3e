/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * outbox.h - lines that wait to be written, bounded
 *
 *          push             push beyond the limit
 *   EMPTY ------> WAITING --------------------------> CLOGGED: nothing is taken any more
 *     ^              |                                   |
 *     +-- all out ---+-----------------------------------+
 *
 * Clogging drops what waits, but for the rest of a line that was begun: whoever reads again later
 * finds whole lines. The lines lie in one run of bytes, so that the bound is the memory they
 * take, and one write carries many.
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

/* Takes a copy of one line, which ends with its only newline; false: it was dropped. */
bool frost_outbox_push(FrostOutbox *self, const void *line, size_t length);

/**
 * frost_outbox_flush:
 * Returns: 0 when all is written, -EAGAIN when the descriptor takes no more now, or the negative
 *   errno of a write that failed: then the outbox is clogged
 */
int frost_outbox_flush(FrostOutbox *self, FrostOutboxWrite write, int fd);

/* Forgets everything: the reader is gone. */
void frost_outbox_clear(FrostOutbox *self);
/* Bytes that wait. */
size_t frost_outbox_size(const FrostOutbox *self);
